/** Talking to the store from background work: what must be written is tried until it is. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { Clock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';
import type { WorkerEvents } from '../worker-events.ts';

export interface PersistDeps {
  readonly clock: Clock;
  readonly events: WorkerEvents;
  /** Ends the trying when the process must go; the lease or the journal takes over then. */
  readonly giveUp: AbortSignal;
}

const firstPauseMs = 100;
const longestPauseMs = 2_000;

/**
 * Repeats a store call while the store does not answer. Safe because scripts answer a repeated
 * call like the first one.
 *
 * @throws the last error when `giveUp` ends the trying, and any error that is not the store's
 *   absence.
 */
export async function persist<T>(
  deps: PersistDeps,
  step: string,
  action: () => Promise<T>,
): Promise<T> {
  const startedMs = deps.clock.monotonicMs();
  for (let attempt = 0; ; attempt += 1) {
    try {
      const answer = await action();
      const durationMs = deps.clock.monotonicMs() - startedMs;
      deps.events.emit('store.answered', { step, durationMs });
      return answer;
    } catch (error) {
      const away = ForebayError.is(error) && error.code === 'store_unavailable';
      if (!away || deps.giveUp.aborted) throw error;
      deps.events.emit('store.retry', { step, error });
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempt, 10));
      await wait(deps.clock, pauseMs * (0.5 + deps.clock.random() / 2), deps.giveUp);
    }
  }
}
