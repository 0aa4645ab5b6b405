/** What is measured of models and of their deployments, over all processes. */
import type { ErrorClass } from './outcome.ts';

/** Milliseconds below which that share of the measured times lies. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** Times of complete answers, of the newest calls that are enough to judge by. */
export interface LatencyFigures {
  readonly samples: number;
  /** Absent where no answer came in pieces. */
  readonly firstByteMs?: Percentiles;
  readonly totalMs: Percentiles;
  /** From the first byte on, where that is known; absent where no output tokens were reported. */
  readonly perOutputTokenMs?: Percentiles;
}

/**
 * `open`: no call starts. `half_open`: one call at a time may try whether it works again.
 * `ramping`: it does, and may take more calls from moment to moment.
 */
export type BreakerState = 'closed' | 'open' | 'half_open' | 'ramping';

/** How calls of a model or of a deployment ended lately. */
export interface CallFigures {
  readonly latency?: LatencyFigures;
  /** 0 to 1, of the attempts that ended. */
  readonly errorRate?: number;
  readonly errors?: Readonly<Partial<Record<ErrorClass, number>>>;
}

/** How one deployment of a model stands now. */
export interface DeploymentLive extends CallFigures {
  readonly id: string;
  readonly running: number;
  /** Calls that may run at the same time now: fewer than configured while it ramps up. */
  readonly concurrency: number;
  readonly breaker: BreakerState;
  /** Since when it has not been closed, and the class of failure that opened it, or `operator`. */
  readonly breakerSinceMs?: number;
  readonly breakerReason?: string;
  /** Who set it by hand, and what they said; absent when nobody did. */
  readonly breakerBy?: string;
  readonly breakerWhy?: string;
  /** Until when failures do not open it, because somebody closed it by hand. */
  readonly breakerShutUntilMs?: number;
  /** Until when the breaker is open; 0 when it is not. */
  readonly openUntilMs: number;
  /** Until when the deployment is paused; 0 when it is not. */
  readonly pausedUntilMs: number;
  readonly stopped: boolean;
}
