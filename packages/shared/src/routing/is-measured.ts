import type { ModelLive } from '../domain/route-plan.ts';

/**
 * Whether the service time of a model says how it does now. One that is idle, and of which no call
 * has ended lately, may have become faster: where all were refused, nobody would ever find out.
 */
export function isMeasured(live: ModelLive | undefined): boolean {
  if (live === undefined) return false;
  return live.errorRate !== undefined || live.running + live.waiting > 0;
}
