/** Waits until changes have come to rest, but not for ever: a busy folder may never rest. */
import type { Clock, Timer } from '../runtime/clock.ts';

/** Editors write in several steps. */
const settleMs = 100;
/** From the first change on, however many follow. */
const waitMsMax = 1_000;

export interface Calm {
  /** Something has changed. */
  readonly disturb: () => void;
  /** Forgets what has changed. */
  readonly stop: () => void;
}

/** @param onCalm run once for all changes since it ran last. */
export function createCalm(clock: Clock, onCalm: () => void): Calm {
  let timer: Timer | undefined;
  let latestMs = 0;
  const stop = (): void => {
    timer?.cancel();
    timer = undefined;
  };
  return {
    disturb() {
      const nowMs = clock.monotonicMs();
      if (timer === undefined) latestMs = nowMs + waitMsMax;
      stop();
      timer = clock.schedule(Math.min(settleMs, latestMs - nowMs), () => {
        timer = undefined;
        onCalm();
      });
    },
    stop,
  };
}
