/**
 * A clock that moves only when it is told to: for tests, never for a process. Timers run in the
 * order of their times, and code that awaits one goes on before the next one runs.
 */
import type { Clock } from './clock.ts';

export interface ManualClock extends Clock {
  /** Moves time on and runs what falls due on the way. */
  advance(byMs: number): Promise<void>;
  /** Lets code that waits for nothing but promises go on; time stands still. */
  settle(): Promise<void>;
  /** Timers that have neither run nor been called off. */
  pending(): number;
}

interface PendingTimer {
  readonly atMs: number;
  readonly action: () => void;
}

/** @param random what `random()` always gives; 0 when left out. */
export function createManualClock(random = 0): ManualClock {
  let elapsedMs = 0;
  const timers = new Set<PendingTimer>();
  const dueBy = (limitMs: number): PendingTimer | undefined =>
    [...timers].filter((timer) => timer.atMs <= limitMs).sort((a, b) => a.atMs - b.atMs)[0];
  return {
    nowMs: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    random: () => random,
    schedule(delayMs, action) {
      const timer = { atMs: elapsedMs + Math.max(0, delayMs), action };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    async advance(byMs) {
      await letOthersRun();
      const targetMs = elapsedMs + byMs;
      for (let due = dueBy(targetMs); due !== undefined; due = dueBy(targetMs)) {
        timers.delete(due);
        elapsedMs = due.atMs;
        due.action();
        await letOthersRun();
      }
      elapsedMs = targetMs;
      await letOthersRun();
    },
    settle: letOthersRun,
    pending: () => timers.size,
  };
}

/** Any fixed moment will do; this one is easy to recognise in a failure. */
const startMs = Date.UTC(2030, 0, 1);

function letOthersRun(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
