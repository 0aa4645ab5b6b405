/** Waiting that can be called off: every wait takes a signal and leaves no listener behind. */
import type { Clock } from './clock.ts';

/**
 * Waits for `delayMs` or until the signal aborts, whichever is first.
 *
 * @returns `true` when the time ran out, `false` when the signal ended the wait.
 */
export function wait(clock: Clock, delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const onAbort = (): void => {
      timer.cancel();
      resolve(false);
    };
    const timer = clock.schedule(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve(true);
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
