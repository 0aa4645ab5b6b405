/**
 * Turns a job away that no model would answer before its deadline, unless its caller takes that
 * (decision 0044). A deadline ends a call that runs, so the answer counts, not the start: a job is
 * refused where its reply would itself have to expect each answer too late. Only a new job is: one
 * that is in is never dropped for a prediction, and what a scheduled one will find, nobody knows.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { LiveSnapshot, ModelLive, RouteCandidate } from '@forebay/shared/domain/route-plan';
import type { PlannedJob } from './plan-job.ts';

export interface RefuseLateDeps {
  readonly live: { snapshot(): LiveSnapshot };
}

/** @throws ForebayError `deadline_unreachable` that tells of each model when it would answer. */
export function requireInTime(deps: RefuseLateDeps, planned: PlannedJob): void {
  const { plan, times, acceptsLate } = planned;
  if (acceptsLate || times.runAtMs !== undefined) return;
  const leftMs = times.deadlineAtMs - plan.plannedAtMs;
  const { models } = deps.live.snapshot();
  const [first] = plan.candidates;
  // A plan puts late models behind those in time, and behind unknown ones that take calls.
  if (first?.expectedMs === undefined || first.expectedMs <= leftMs) return;
  const isSure = ({ model, expectedMs }: RouteCandidate): boolean =>
    expectedMs === undefined || (expectedMs > leftMs && isMeasured(models.get(model)));
  if (!plan.candidates.every(isSure)) return;
  const errors = plan.candidates.map((candidate) => ({
    pointer: '/deadline_at',
    code: 'deadline_unreachable',
    detail: tellTimes(candidate),
  }));
  throw new ForebayError(
    'deadline_unreachable',
    `The deadline is in ${seconds(leftMs)}, and no model that could take this job would answer ` +
      'before it. Give it a later deadline or a more urgent priority, name further models, or ' +
      'set accept_late to have it taken in all the same.',
    { param: 'deadline_at', errors },
  );
}

/**
 * Whether the service time of a model says how it does now. One that is idle, and of which no call
 * has ended lately, may have become faster: where all were refused, nobody would ever find out.
 */
function isMeasured(live: ModelLive | undefined): boolean {
  if (live === undefined) return false;
  return live.errorRate !== undefined || live.running + live.waiting > 0;
}

function tellTimes({ model, startMs = 0, expectedMs }: RouteCandidate): string {
  if (expectedMs === undefined) return `${model}: takes no calls for now`;
  return `${model}: would begin in about ${seconds(startMs)}, answer in ${seconds(expectedMs)}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
