/** How long a job would take on a model, as far as its lane has been measured. */
import type { ModelLive } from '../domain/route-plan.ts';

/**
 * Expected time until an answer: the rest of a pause, the rounds that the jobs ahead take, and
 * the call itself. Approximate: it knows neither priorities nor rate limits.
 *
 * @returns milliseconds, or `undefined` while no answer of this model has been timed.
 */
export function expectedMs(live: ModelLive | undefined, nowMs: number): number | undefined {
  if (live?.serviceMs === undefined) return undefined;
  const jobsAhead = live.waiting + live.running;
  const roundsAhead = Math.floor(jobsAhead / Math.max(1, live.concurrency));
  return Math.round(pausedMs(live, nowMs) + (roundsAhead + 1) * live.serviceMs);
}

/** How long every deployment of the model stays paused. */
export function pausedMs(live: ModelLive | undefined, nowMs: number): number {
  return Math.max(0, (live?.pausedUntilMs ?? 0) - nowMs);
}
