/**
 * A reader of event streams on a bare connection, so that a test can cut it at any byte. Only
 * events that arrived whole count, as for every client; a reader that resumes sends the last id.
 */
import { request } from 'node:http';

export interface SseEvent {
  readonly id: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface SseVisit {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly events: readonly SseEvent[];
  readonly comments: readonly string[];
  /** The server ended the reply; otherwise the connection was cut. */
  readonly isEnded: boolean;
  /** The reply's text, for those that are no stream. */
  readonly text: string;
}

export interface SseCall {
  readonly url: string;
  readonly key: string;
  readonly lastEventId?: number | undefined;
  readonly method?: 'GET' | 'HEAD';
  /** Cuts the connection after so many bytes of the body. */
  readonly cutAfterBytes?: number | undefined;
  /** Cuts the connection when it aborts. */
  readonly signal?: AbortSignal;
  /** Told about each event as it arrives. */
  readonly onEvent?: (event: SseEvent) => void;
  /** Told once, when status and headers are there. */
  readonly onOpen?: () => void;
}

/** Reads until the server ends the stream or the connection is cut. Never rejects for a cut. */
export function readEvents(call: SseCall): Promise<SseVisit> {
  return new Promise((resolve, reject) => {
    const outgoing = request(call.url, {
      method: call.method ?? 'GET',
      agent: false,
      headers: {
        authorization: `Bearer ${call.key}`,
        accept: 'text/event-stream',
        ...(call.lastEventId === undefined ? {} : { 'last-event-id': String(call.lastEventId) }),
      },
    });
    const cut = (): void => void outgoing.destroy();
    call.signal?.addEventListener('abort', cut, { once: true });
    const parser = createParser(call.onEvent);
    outgoing.on('response', (response) => {
      call.onOpen?.();
      let bytesLeft = call.cutAfterBytes ?? Number.POSITIVE_INFINITY;
      let isEnded = false;
      response.on('data', (chunk: Buffer) => {
        if (bytesLeft <= 0) return;
        parser.push(chunk.subarray(0, bytesLeft));
        bytesLeft -= chunk.length;
        if (bytesLeft <= 0) cut();
      });
      response.on('end', () => {
        isEnded = bytesLeft > 0;
      });
      // What a cut does to the reply is what the test asked for.
      response.on('error', () => undefined);
      response.on('close', () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, isEnded, ...parser });
      });
    });
    outgoing.on('error', (error) => {
      if (call.signal?.aborted === true) {
        resolve({ status: 0, headers: {}, isEnded: false, ...parser });
      } else reject(error);
    });
    outgoing.end();
  });
}

function createParser(onEvent: ((event: SseEvent) => void) | undefined) {
  const events: SseEvent[] = [];
  const comments: string[] = [];
  let rest = Buffer.alloc(0);
  let text = '';
  const takeBlock = (block: string): void => {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) comments.push(line.slice(1).trim());
      const [, name = '', value = ''] = /^(\w+): (.*)$/s.exec(line) ?? [];
      fields.set(name, value);
    }
    const data = fields.get('data');
    if (data === undefined) return;
    // The api's events carry a JSON object each; a broken one fails the test here.
    const parsed = JSON.parse(data) as Record<string, unknown>;
    const event = { id: Number(fields.get('id')), type: fields.get('event') ?? '', data: parsed };
    events.push(event);
    onEvent?.(event);
  };
  return {
    events,
    comments,
    get text() {
      return text;
    },
    push(chunk: Buffer): void {
      text += chunk.toString('utf8');
      rest = Buffer.concat([rest, chunk]);
      for (let at = rest.indexOf('\n\n'); at !== -1; at = rest.indexOf('\n\n')) {
        takeBlock(rest.subarray(0, at).toString('utf8'));
        rest = rest.subarray(at + 2);
      }
    },
  };
}
