import { setTimeout as timer } from 'node:timers/promises';

/** The longest delay a Node timer keeps; longer ones would fire at once. */
const TIMER_MS_MAX = 2_147_483_647;

/** Waits on a real timer. Rejects when the signal is aborted; zero or less returns at once. */
export async function sleep(durationMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (durationMs <= 0) return;
  await timer(Math.min(durationMs, TIMER_MS_MAX), undefined, { signal });
}

/** Never resolves; rejects with the signal's reason when it is aborted. */
export function waitUntilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
