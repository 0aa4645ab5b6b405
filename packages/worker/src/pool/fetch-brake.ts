/**
 * Stops a BullMQ worker from fetching while its lane is full, and lets it fetch again.
 *
 * B1. What is wanted is kept here and told to BullMQ: asking twice for the same changes nothing.
 * B2. BullMQ's main loop ends while it is paused and nothing runs. `resume` starts it again unless
 *     the loop is just ending; so a moment later it is looked at, and started if it stands still.
 * B3. After `stop` nothing is fetched again: the worker is being closed.
 */
import type { Clock, Timer } from '@forebay/shared/runtime/clock';
import type { Worker } from 'bullmq';

export interface FetchBrake {
  /**
   * Stops fetching for a while; a hold that is under way stands.
   * @returns whether this call began one.
   */
  hold(forMs: number): boolean;
  /** A call of ours ended: its permit may serve the next ticket. */
  release(): void;
  stop(): void;
}

export interface FetchBrakeDeps {
  readonly clock: Clock;
  /** Asked when it is needed: the worker is made after its brake. */
  readonly worker: () => Pick<Worker, 'pause' | 'resume' | 'run' | 'isRunning' | 'isPaused'>;
  readonly onError: (error: unknown) => void;
}

/** B2: longer than BullMQ's loop takes to end, short enough not to be noticed. */
const secondLookMs = 20;

export function createFetchBrake({ clock, worker, onError }: FetchBrakeDeps): FetchBrake {
  let held: Timer | undefined;
  let secondLook: Timer | undefined;
  let stopped = false;
  const lookAgain = (): void => {
    if (stopped || held !== undefined) return;
    if (worker().isPaused()) worker().resume().catch(onError);
    else if (!worker().isRunning()) worker().run().catch(onError);
  };
  const go = (): void => {
    if (held === undefined) return;
    held.cancel();
    held = undefined;
    worker().resume().catch(onError);
    secondLook?.cancel();
    secondLook = clock.schedule(secondLookMs, lookAgain);
  };
  return {
    hold(forMs) {
      if (stopped || held !== undefined) return false;
      held = clock.schedule(forMs, go);
      // Not waiting for running jobs: the caller is one of them.
      worker().pause(true).catch(onError);
      return true;
    },
    release: go,
    stop() {
      stopped = true;
      held?.cancel();
      held = undefined;
      secondLook?.cancel();
    },
  };
}
