/** Whether, and when, a failed request is sent again. The only place that decides it. */
import type { ForebayApiError } from '../api-error.ts';
import type { ClientClock } from '../runtime/client-clock.ts';

const firstDelayMs = 250;
const longestDelayMs = 8_000;
/** An API that asks for a longer pause than this is better told to the caller. */
const retryAfterMsMax = 60_000;

export interface FailedTry {
  readonly error: ForebayApiError;
  readonly repeat: 'always' | 'when_refused';
  /** 1 for the first try. */
  readonly tries: number;
  readonly retries: number;
  readonly clock: ClientClock;
}

/** @returns how long to wait before the next try; `undefined` when there should be none. */
export function retryDelayMs(failed: FailedTry): number | undefined {
  const { error, repeat, tries, retries } = failed;
  if (!error.isRetryable || tries > retries) return undefined;
  const wasRefused = error.status === 429 || error.status === 503;
  if (repeat === 'when_refused' && !wasRefused) return undefined;
  const delayMs = backoffMs(tries, failed.clock);
  if (error.retryAfterMs === undefined) return delayMs;
  if (error.retryAfterMs > retryAfterMsMax) return undefined;
  // Not all at the very moment that everybody was told.
  return error.retryAfterMs + delayMs / 4;
}

/** Doubles with each try up to a cap; anywhere between half and the whole of it. */
function backoffMs(tries: number, clock: ClientClock): number {
  const fullMs = Math.min(longestDelayMs, firstDelayMs * 2 ** (tries - 1));
  return fullMs * (0.5 + clock.random() / 2);
}
