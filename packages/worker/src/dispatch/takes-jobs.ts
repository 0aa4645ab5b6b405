/** Whether a lane is open for jobs that leave another one. */
import type { ModelLive } from '@forebay/shared/domain/route-plan';
import { areBreakersOpen } from '@forebay/shared/routing/open-breakers';

export function takesJobs(lane: ModelLive): boolean {
  return lane.poolAlive && !lane.stopped && lane.held === undefined && !areBreakersOpen(lane);
}
