/**
 * A plain client of the bulk route for tests: sends pieces at the server's pace, reads replies
 * meanwhile, and can cut the connection after so many bytes.
 */
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';

export interface BulkTarget {
  readonly url: string;
  readonly key: string;
}

export interface BulkOptions {
  readonly onError?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection is destroyed once so many bytes have been handed to it. */
  readonly cutAfterBytes?: number;
  /** What the cut waits for once the bytes are sent. */
  readonly cutWhen?: () => Promise<unknown>;
  /** Called with every piece of the reply; the next is read when it resolves. */
  readonly onReply?: (text: string) => Promise<void> | void;
}

export interface BulkLine {
  readonly line: number;
  readonly custom_id?: string;
  readonly status: 'accepted' | 'duplicate' | 'rejected';
  readonly id?: string;
  readonly error?: { readonly code: string; readonly detail: string; readonly param?: string };
}

export interface BulkSummary {
  readonly batch_id: string;
  readonly lines: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly outcome: 'completed' | 'aborted';
  readonly aborted_at_line?: number;
  readonly error?: { readonly code: string; readonly detail: string };
}

export interface BulkAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Everything that arrived. */
  readonly text: string;
  /** The whole lines that arrived, without the summary. */
  readonly lines: readonly BulkLine[];
  /** `undefined` when the stream broke. */
  readonly summary: BulkSummary | undefined;
}

export type BulkBody = string | Iterable<string | Buffer> | AsyncIterable<string | Buffer>;

const pieceBytes = 16 * 1024;

export async function sendBulk(
  target: BulkTarget,
  body: BulkBody,
  options: BulkOptions = {},
): Promise<BulkAnswer> {
  const query = options.onError === undefined ? '' : `?on_error=${options.onError}`;
  const outgoing = request(`${target.url}/v1/jobs:bulk${query}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${target.key}`,
      'content-type': 'application/x-ndjson',
      ...options.headers,
    },
    agent: false,
  });
  outgoing.on('error', () => {
    // A connection that ends early is what some tests are about: the answer shows what came.
  });
  const reading = readAnswer(outgoing, options);
  const sending = sendBody(outgoing, typeof body === 'string' ? piecesOf(body) : body, options);
  const [answer] = await Promise.all([reading, sending]);
  return answer;
}

async function sendBody(
  outgoing: ClientRequest,
  body: Exclude<BulkBody, string>,
  { cutAfterBytes = Number.POSITIVE_INFINITY, cutWhen }: BulkOptions,
): Promise<void> {
  let left = cutAfterBytes;
  for await (const piece of body) {
    const bytes = Buffer.from(piece).subarray(0, left);
    left -= bytes.length;
    const more = outgoing.destroyed || outgoing.write(bytes);
    if (left === 0) {
      // What was handed over so far is really sent before the cut.
      await new Promise((resolve) => outgoing.write('', resolve));
      await cutWhen?.();
      outgoing.destroy();
    }
    if (outgoing.destroyed) return;
    if (!more) await drained(outgoing);
  }
  outgoing.end();
}

function drained(outgoing: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off('drain', done).off('close', done);
      resolve();
    };
    outgoing.on('drain', done).on('close', done);
  });
}

async function readAnswer(outgoing: ClientRequest, options: BulkOptions): Promise<BulkAnswer> {
  let text = '';
  let response: IncomingMessage | undefined;
  try {
    [response] = await once(outgoing, 'response');
    response?.setEncoding('utf8');
    for await (const piece of response ?? []) {
      text += piece;
      await options.onReply?.(String(piece));
    }
  } catch {
    // The same: what came before the end is the answer.
  }
  const whole = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  const isStream = response?.headers['content-type'] === 'application/x-ndjson';
  const parsed = isStream ? whole.filter((line) => line !== '').map(parse) : [];
  return {
    status: response?.statusCode ?? 0,
    headers: response?.headers ?? {},
    text,
    lines: parsed.flatMap((line) => ('summary' in line ? [] : [line])),
    summary: parsed.flatMap((line) => ('summary' in line ? [line.summary] : []))[0],
  };
}

function parse(line: string): BulkLine | { readonly summary: BulkSummary } {
  // The tests compare every member that they read with what the contract says.
  return JSON.parse(line) as BulkLine | { readonly summary: BulkSummary };
}

function* piecesOf(text: string): Iterable<Buffer> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    yield bytes.subarray(start, start + pieceBytes);
  }
}
