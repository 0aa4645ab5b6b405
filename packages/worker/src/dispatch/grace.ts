/**
 * When leases may be judged (S7). After this process could not look for a while, because it just
 * started, was stopped, or the store was away, workers may have been unable to renew for the same
 * reason: every lease gets one full lease of grace before any is judged.
 */
import type { Clock } from '@forebay/shared/runtime/clock';

export interface Grace {
  /**
   * Call at each successful look at the store.
   *
   * @returns the server time until which none is judged.
   */
  noteLook(serverNowMs: number): number;
  /** Call when the store did not answer. */
  noteOutage(): void;
}

export function createGrace(clock: Clock, leaseMs: number): Grace {
  let lastLookMs: number | undefined;
  let graceUntilMs = 0;
  return {
    noteLook(serverNowMs) {
      const nowMs = clock.monotonicMs();
      const gapMs = lastLookMs === undefined ? Number.POSITIVE_INFINITY : nowMs - lastLookMs;
      if (gapMs > leaseMs / 2) graceUntilMs = serverNowMs + leaseMs;
      lastLookMs = nowMs;
      return graceUntilMs;
    },
    noteOutage() {
      lastLookMs = undefined;
    },
  };
}
