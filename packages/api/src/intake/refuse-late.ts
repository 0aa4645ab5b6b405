/**
 * Turns a job away that no model would answer before its deadline, unless its caller takes that
 * (decision 0044). A deadline ends a call that runs, so the answer counts, not the start: a job is
 * refused where its reply would itself have to expect each answer too late. Only a new job is: one
 * that is in is never dropped for a prediction, and what a scheduled one will find, nobody knows.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { LiveSnapshot, RouteCandidate } from '@forebay/shared/domain/route-plan';
import { isMeasured } from '@forebay/shared/routing/is-measured';
import type { PlannedJob } from './plan-job.ts';

export interface RefuseLateDeps {
  readonly live: { snapshot(): LiveSnapshot };
}

/** @throws ForebayError `deadline_unreachable` that tells of each model when it would answer. */
export function requireInTime(deps: RefuseLateDeps, planned: PlannedJob): void {
  if (!isTooLate(deps, planned)) return;
  const errors = planned.plan.candidates.map((candidate) => ({
    pointer: '/deadline_at',
    code: 'deadline_unreachable',
    detail: tellTimes(candidate),
  }));
  throw new ForebayError(
    'deadline_unreachable',
    `The deadline is in ${seconds(leftMsOf(planned))}, and no model that could take this job ` +
      'would answer before it. Give it a later deadline or a more urgent priority, name further ' +
      'models, or set accept_late to have it taken in all the same.',
    { param: 'deadline_at', errors },
  );
}

/** Whether a job is to be turned away, because no model would answer before its deadline. */
export function isTooLate({ live }: RefuseLateDeps, planned: PlannedJob): boolean {
  const { plan, times, acceptsLate } = planned;
  if (acceptsLate || times.runAtMs !== undefined) return false;
  const leftMs = leftMsOf(planned);
  // Of late models a plan puts the one first that is to be tried, and behind those in time.
  const [first] = plan.candidates;
  if (first === undefined || !isMeasured(live.snapshot().models.get(first.model))) return false;
  if (first.expectedMs === undefined) return false;
  return plan.candidates.every(({ expectedMs = leftMs + 1 }) => expectedMs > leftMs);
}

function leftMsOf({ plan, times }: PlannedJob): number {
  return times.deadlineAtMs - plan.plannedAtMs;
}

function tellTimes({ model, startMs = 0, expectedMs }: RouteCandidate): string {
  if (expectedMs === undefined) return `${model}: takes no calls for now`;
  return `${model}: would begin in about ${seconds(startMs)}, answer in ${seconds(expectedMs)}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
