/** Asks the store again while it is away, so that a short outage does not break a long stream. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { limits } from '@forebay/shared/domain/limits';
import type { Clock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';

export interface Patience {
  readonly clock: Clock;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/**
 * @param ask safe to repeat, whether or not it took effect.
 * @throws what it threw last; `store_unavailable` only after `limits.bulkStorePatienceMs`.
 */
export async function askPatiently<T>(patience: Patience, ask: () => Promise<T>): Promise<T> {
  const { clock, signal } = patience;
  const untilMs = clock.monotonicMs() + limits.bulkStorePatienceMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const isAway = ForebayError.is(error) && error.code === 'store_unavailable';
      if (!isAway || signal.aborted || clock.monotonicMs() >= untilMs) throw error;
      await wait(clock, limits.bulkStorePauseMs, signal);
    }
  }
}
