/**
 * Many jobs in one request, streamed both ways: lines leave while replies arrive.
 *
 *  B1 A reply that was received is final: its line is never sent again.
 *  B2 A connection that ends without the summary is opened again with the unanswered lines. The
 *     batch's key and each line's `custom_id` make a line that was accepted unheard a `duplicate`.
 *  B3 Nothing is taken from the caller faster than the API takes it, and no reply is read before
 *     the caller asks for it.
 */
import { ForebayApiError } from '../api-error.ts';
import type { ApiCaller } from '../http/api-caller.ts';
import { retryDelayMs } from '../http/retry-policy.ts';
import type { BulkItem, BulkLine, BulkOptions, BulkReply, BulkSummary } from './bulk-item.ts';
import { LineWindow } from './line-window.ts';
import { type ParsedReply, parseReply } from './parse-reply.ts';
import { readLines } from './read-lines.ts';
import { createUploadBody } from './upload-body.ts';

/** Far more than the API gathers before it answers. */
const bounded = { linesMax: 10_000, charactersMax: 256 * 1024 * 1024 };
const unbounded = { linesMax: Number.POSITIVE_INFINITY, charactersMax: Number.POSITIVE_INFINITY };

type Lines = AsyncIterable<BulkLine> | Iterable<BulkLine>;

interface Submission {
  readonly caller: ApiCaller;
  readonly window: LineWindow;
  readonly tally: Tally;
  readonly key: string;
  readonly options: BulkOptions;
}

interface Tally {
  accepted: number;
  duplicates: number;
  rejected: number;
}

/** @throws ForebayApiError; what the caller's own lines threw; or the reason of the signal. */
export async function* submitBulk(
  caller: ApiCaller,
  lines: Lines,
  options: BulkOptions,
): AsyncGenerator<BulkItem, void, undefined> {
  const { clock, retries } = caller.options;
  const source = iteratorOf(lines);
  const bounds = options.onError === 'atomic' ? unbounded : bounded;
  const submission: Submission = {
    caller,
    window: new LineWindow(source, bounds),
    tally: { accepted: 0, duplicates: 0, rejected: 0 },
    key: options.idempotencyKey ?? `bulk-${crypto.randomUUID()}`,
    options,
  };
  try {
    for (let tries = 1; ; tries += 1) {
      const { answered } = submission.window;
      const error = yield* sendOnce(submission);
      if (error === undefined) return;
      options.signal?.throwIfAborted();
      if (submission.window.answered > answered) tries = 1;
      const delayMs = retryDelayMs({ error, repeat: 'always', tries, retries, clock });
      if (delayMs === undefined) throw error;
      await clock.wait(delayMs, options.signal);
      options.signal?.throwIfAborted();
      options.onResend?.(submission.window.unanswered);
    }
  } finally {
    // The caller's lines may be an open file.
    await source.return?.();
  }
}

/** B2. One request. @returns why it has to be repeated; `undefined` after the summary. */
async function* sendOnce(
  submission: Submission,
): AsyncGenerator<BulkItem, ForebayApiError | undefined, undefined> {
  const { caller, window, key, options } = submission;
  const upload = createUploadBody(window.rewind());
  const closing = new AbortController();
  const signals = options.signal === undefined ? [] : [options.signal];
  try {
    const response = await caller.open({
      method: 'POST',
      path: '/v1/jobs:bulk',
      query: {
        on_error: options.onError ?? 'reject_line',
        ...(options.maxCostUsd === undefined ? {} : { max_cost_usd: options.maxCostUsd }),
      },
      headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': key },
      body: upload.stream,
      signal: AbortSignal.any([closing.signal, ...signals]),
    });
    const batchId = response.headers.get('forebay-batch-id');
    if (batchId !== null) options.onBatch?.(batchId);
    for await (const text of readLines(response.body ?? new ReadableStream())) {
      const parsed = parseReply(text);
      const item = take(submission, parsed);
      yield item;
      if (item.kind === 'summary') return undefined;
    }
    return broken();
  } catch (error) {
    const failure = upload.failure();
    if (failure !== undefined) throw failure.error;
    return ForebayApiError.is(error) ? error : broken(error);
  } finally {
    closing.abort();
  }
}

/** B1. */
function take(submission: Submission, parsed: ParsedReply): BulkItem {
  const { window, tally } = submission;
  if (parsed.kind === 'summary') return summaryOf(submission, parsed);
  // The API counts the lines of one request; the window knows which line that is of all.
  const line = window.acknowledge();
  if (parsed.status === 'accepted') tally.accepted += 1;
  else if (parsed.status === 'duplicate') tally.duplicates += 1;
  else tally.rejected += 1;
  const reply: BulkReply = { ...parsed, line };
  return reply;
}

/** The API counted one request; this counts all that it took. */
function summaryOf({ window, tally }: Submission, own: BulkSummary): BulkSummary {
  return { ...own, ...tally, lines: window.answered };
}

function broken(cause?: unknown): ForebayApiError {
  return new ForebayApiError('The connection ended before the API had summed up.', {
    status: undefined,
    code: 'stream_broken',
    isRetryable: true,
    cause,
  });
}

function iteratorOf(lines: Lines): AsyncIterator<BulkLine> | Iterator<BulkLine> {
  return Symbol.asyncIterator in lines ? lines[Symbol.asyncIterator]() : lines[Symbol.iterator]();
}
