/** Waiting for a condition with a bound: tests never sleep for a fixed time. */
import { systemClock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';

export interface WaitUntilOptions {
  /** What is waited for; stands in the error. */
  readonly what: string;
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
  /** Ends the wait early with an error, for instance when a process has died. */
  readonly signal?: AbortSignal;
}

/**
 * Asks again and again until the answer is neither `undefined` nor `false`, and returns it.
 *
 * @throws Error that names what was waited for and the last answer or error.
 */
export async function waitUntil<Value>(
  check: () => Promise<Value | undefined | false> | Value | undefined | false,
  options: WaitUntilOptions,
): Promise<Value> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const signal = options.signal ?? new AbortController().signal;
  const deadlineMs = systemClock.monotonicMs() + timeoutMs;
  let lastError: unknown;
  while (!signal.aborted && systemClock.monotonicMs() < deadlineMs) {
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value;
      lastError = undefined;
    } catch (error) {
      // The condition may not be readable yet; the last error is told when the bound is reached.
      lastError = error;
    }
    await wait(systemClock, options.intervalMs ?? 20, signal);
  }
  const reason = signal.aborted ? 'the wait was called off' : `not within ${timeoutMs} ms`;
  throw new Error(`${options.what}: ${reason}`, { cause: lastError });
}
