/**
 * The event feed of a job as one sequence, over as many connections as it takes.
 *
 *  E1 A broken or silent connection is opened again after the last event that was seen, so every
 *     event comes once and in order.
 *  E2 The end of the job is the last event; then the sequence ends. The API's `error` is no event
 *     of the job: it is thrown.
 *  E3 Tries that bring nothing are bounded. An event starts the count anew, and so does a
 *     connection that stood: the API ends every one after a while, also while its job just waits.
 */
import { ForebayApiError } from '../api-error.ts';
import type { ApiCaller } from '../http/api-caller.ts';
import { retryDelayMs } from '../http/retry-policy.ts';
import { isObject, textOr } from '../json.ts';
import type { EventOptions, JobEvent } from './job-event.ts';
import { createSseParser, type StreamEvent } from './sse-parser.ts';

/** Three of the API's signs of life, which come every 15 s. */
const silenceMsMax = 45_000;
/** A connection that never said anything is given up a little later than its time is over. */
const standingSlackMs = 15_000;

const lastTypes: readonly string[] = [
  'job.succeeded',
  'job.failed',
  'job.cancelled',
  'job.expired',
];

/** @throws ForebayApiError, or the reason of the signal. */
export async function* followEvents(
  caller: ApiCaller,
  id: string,
  options: EventOptions,
): AsyncGenerator<JobEvent, void, undefined> {
  const { clock, retries } = caller.options;
  const { signal } = options;
  const place: Place = { id, lastId: options.startingAfter, signal };
  for (let tries = 1; ; tries += 1) {
    const { lastId } = place;
    const startedMs = clock.monotonicMs();
    let error: ForebayApiError;
    try {
      if (yield* readFeed(caller, place)) return;
      error = broken('The event feed ended before the job did.');
    } catch (caught) {
      signal?.throwIfAborted();
      error = ForebayApiError.is(caught) ? caught : broken('The event feed broke.', caught);
    }
    const stood = clock.monotonicMs() - startedMs > silenceMsMax + standingSlackMs;
    if (place.lastId !== lastId || stood) tries = 1;
    const delayMs = retryDelayMs({ error, repeat: 'always', tries, retries, clock });
    if (delayMs === undefined) throw error;
    await clock.wait(delayMs, signal);
    signal?.throwIfAborted();
  }
}

interface Place {
  readonly id: string;
  /** Of the last event that was given out. */
  lastId: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** The events of one connection. @returns whether the job has ended. */
async function* readFeed(
  caller: ApiCaller,
  place: Place,
): AsyncGenerator<JobEvent, boolean, undefined> {
  const closing = new AbortController();
  const signals = place.signal === undefined ? [] : [place.signal];
  try {
    const response = await caller.open({
      method: 'GET',
      path: `/v1/jobs/${encodeURIComponent(place.id)}/events`,
      headers: {
        accept: 'text/event-stream',
        ...(place.lastId === undefined ? {} : { 'last-event-id': place.lastId }),
      },
      signal: AbortSignal.any([closing.signal, ...signals]),
    });
    // The caller has had the last event before.
    if (response.status === 204) return true;
    const parser = createSseParser();
    for await (const chunk of chunksOf(caller, response, closing)) {
      for (const event of parser.push(chunk).map(jobEventOf)) {
        place.lastId = event.id;
        yield event;
        if (lastTypes.includes(event.type)) return true;
      }
    }
    return false;
  } finally {
    // Also when the reader of the sequence stops early.
    closing.abort();
  }
}

/** E1. Bytes as they come; a connection that says nothing for too long is given up. */
async function* chunksOf(
  caller: ApiCaller,
  response: Response,
  closing: AbortController,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  for (;;) {
    const { done, value } = await heardInTime(caller, () => reader.read(), closing);
    if (done) return;
    yield value;
  }
}

async function heardInTime<Value>(
  { options: { clock } }: ApiCaller,
  read: () => Promise<Value>,
  closing: AbortController,
): Promise<Value> {
  const heard = new AbortController();
  const silence = clock.wait(silenceMsMax, heard.signal).then(() => {
    if (!heard.signal.aborted) closing.abort(broken('The event feed fell silent.'));
  });
  try {
    return await read();
  } finally {
    heard.abort();
    await silence;
  }
}

function jobEventOf({ id, event, data }: StreamEvent): JobEvent {
  try {
    const parsed: unknown = JSON.parse(data);
    if (isObject(parsed) && event === 'error') throw refusal(parsed);
    if (isObject(parsed)) return { id, type: event, data: parsed };
  } catch (error) {
    if (ForebayApiError.is(error)) throw error;
    throw broken('An event is not JSON.', error);
  }
  throw broken('An event is not a JSON object.');
}

/** What a call that came now would be refused with, see the API's page on event streams. */
function refusal({ code, detail }: Readonly<Record<string, unknown>>): ForebayApiError {
  const facts = { status: undefined, code: textOr(code, 'unknown'), isRetryable: false };
  return new ForebayApiError(textOr(detail, 'The API ended the event feed.'), facts);
}

function broken(message: string, cause?: unknown): ForebayApiError {
  const facts = { status: undefined, code: 'stream_broken', isRetryable: true };
  return new ForebayApiError(message, { ...facts, cause });
}
