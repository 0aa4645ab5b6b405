/** Estimates many jobs in one request, streamed both ways. Nothing stored, nothing resumed. */
import { ForebayApiError } from '../api-error.ts';
import type { BulkLine } from '../bulk/bulk-item.ts';
import { readLines } from '../bulk/read-lines.ts';
import { createUploadBody } from '../bulk/upload-body.ts';
import type { ApiCaller } from '../http/api-caller.ts';
import { isObject } from '../json.ts';
import type { EstimateItem, EstimateOptions } from './estimate.ts';

type Lines = AsyncIterable<BulkLine> | Iterable<BulkLine>;

/** @throws ForebayApiError; what the caller's own lines threw; or the reason of the signal. */
export async function* estimateLines(
  caller: ApiCaller,
  lines: Lines,
  options: EstimateOptions,
): AsyncGenerator<EstimateItem, void, undefined> {
  const source =
    Symbol.asyncIterator in lines ? lines[Symbol.asyncIterator]() : lines[Symbol.iterator]();
  const upload = createUploadBody(async () => {
    const { done, value } = await source.next();
    return done === true ? undefined : textOf(value);
  });
  const closing = new AbortController();
  const signals = options.signal === undefined ? [] : [options.signal];
  try {
    const response = await caller.open({
      method: 'POST',
      path: '/v1/estimate',
      query: { lines: options.lines ?? 'all' },
      headers: { 'content-type': 'application/x-ndjson' },
      body: upload.stream,
      signal: AbortSignal.any([closing.signal, ...signals]),
    });
    for await (const text of readLines(response.body ?? new ReadableStream())) {
      const item = parseItem(text);
      yield item;
      if ('summary' in item) return;
    }
    throw broken();
  } catch (error) {
    options.signal?.throwIfAborted();
    const failure = upload.failure();
    if (failure !== undefined) throw failure.error;
    throw ForebayApiError.is(error) ? error : broken(error);
  } finally {
    closing.abort();
    // The caller's lines may be an open file.
    await source.return?.();
  }
}

/** Line numbers are those of the caller: a text keeps its place also when it is blank. */
function textOf(line: BulkLine): string {
  return typeof line === 'string' ? line.replaceAll(/[\r\n]+/g, ' ') : JSON.stringify(line);
}

function parseItem(text: string): EstimateItem {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Reported below like any other line that is no estimate.
  }
  // The contract of the route; an item that is none fails where it is read.
  if (isObject(value) && ('summary' in value || 'line' in value)) return value as EstimateItem;
  throw new ForebayApiError('A line of the answer is no estimate. Is baseUrl that of Forebay?', {
    status: 200,
    code: 'unexpected_answer',
    isRetryable: false,
  });
}

function broken(cause?: unknown): ForebayApiError {
  return new ForebayApiError('The connection ended before the API had summed up. Start again.', {
    status: undefined,
    code: 'stream_broken',
    isRetryable: true,
    cause,
  });
}
