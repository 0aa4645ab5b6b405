/** Whether no call of a model starts, because the breakers of all its deployments are open. */
import type { ModelLive } from '../domain/route-plan.ts';

export function areBreakersOpen(live: ModelLive | undefined): boolean {
  const deployments = live?.deployments ?? [];
  return deployments.length > 0 && deployments.every(({ breaker }) => breaker === 'open');
}
