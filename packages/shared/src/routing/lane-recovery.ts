/** When a lane takes calls again. */
import type { ModelLive } from '../domain/route-plan.ts';

/**
 * When the first of a model's deployments takes calls again, as far as pauses and breakers go.
 *
 * @returns server time in milliseconds since 1970; undefined when one takes calls now, or when
 *   nothing is known.
 */
export function opensAtMs(lane: ModelLive | undefined, nowMs: number): number | undefined {
  if (lane === undefined) return undefined;
  const open = (lane.deployments ?? []).filter(({ stopped }) => !stopped);
  const atMs =
    open.length === 0
      ? lane.pausedUntilMs
      : Math.min(...open.map((each) => Math.max(each.pausedUntilMs, each.openUntilMs)));
  return atMs > nowMs ? atMs : undefined;
}
