/** Which lanes could begin further calls right now, and how many. */

import type { DeploymentLive } from '@forebay/shared/domain/live-figures';
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import type { LiveSnapshot, ModelLive } from '@forebay/shared/domain/route-plan';

/** Places by model; only models that have some. */
export function freePlaces(catalog: Catalog, live: LiveSnapshot): Map<string, number> {
  const free = new Map<string, number>();
  for (const name of catalog.models.keys()) {
    const lane = live.models.get(name);
    const places = lane === undefined ? 0 : freePlacesOf(lane, live.takenAtMs);
    if (places > 0) free.set(name, places);
  }
  return free;
}

/** Less what waits there already. */
export function freePlacesOf(lane: ModelLive, nowMs: number): number {
  if (!lane.poolAlive || lane.stopped || lane.held !== undefined) return 0;
  if (lane.pausedUntilMs > nowMs) return 0;
  const all = lane.deployments ?? [];
  const places =
    lane.deployments === undefined
      ? lane.concurrency - lane.running
      : all
          .filter((deployment) => servesNow(deployment, nowMs))
          .reduce((sum, { concurrency, running }) => sum + Math.max(0, concurrency - running), 0);
  return places - lane.waiting;
}

/** One that has to be tried first is no place for a job that is in a hurry. */
export function servesNow(deployment: DeploymentLive, nowMs: number): boolean {
  const { breaker, pausedUntilMs, stopped } = deployment;
  return !stopped && pausedUntilMs <= nowMs && (breaker === 'closed' || breaker === 'ramping');
}
