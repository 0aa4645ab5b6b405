/**
 * Turns a job away that would have to wait beyond its deadline wherever it went, unless its caller
 * takes that. Only a new job is, and only on firm evidence (decision 0044): each model that could
 * take it has been measured, and even half of its predicted wait would be too long. A job that is
 * in is never dropped for a guess; what a scheduled one will find, nobody knows.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { LiveSnapshot, RouteCandidate } from '@forebay/shared/domain/route-plan';
import type { PlannedJob } from './plan-job.ts';

export interface RefuseLateDeps {
  readonly live: { snapshot(): LiveSnapshot };
}

/** Answers that a model has given lately before its waits count as known. */
const samplesMin = 10;
/** A wait is refused when this part of it is already too long. */
const certainShare = 0.5;

/** @throws ForebayError `deadline_unreachable` that tells of each model when it could begin. */
export function requireInTime(deps: RefuseLateDeps, planned: PlannedJob): void {
  const { plan, times, acceptsLate } = planned;
  if (acceptsLate || times.runAtMs !== undefined) return;
  const leftMs = times.deadlineAtMs - plan.plannedAtMs;
  const { models } = deps.live.snapshot();
  const isHopeless = ({ model, startMs = 0 }: RouteCandidate): boolean => {
    const measured = models.get(model)?.latency?.samples ?? 0;
    return measured >= samplesMin && startMs * certainShare > leftMs;
  };
  if (!plan.candidates.every(isHopeless)) return;
  const errors = plan.candidates.map(({ model, startMs = 0 }) => ({
    pointer: '/deadline_at',
    code: 'deadline_unreachable',
    detail: `${model}: would begin in about ${seconds(startMs)}`,
  }));
  throw new ForebayError(
    'deadline_unreachable',
    `The deadline is in ${seconds(leftMs)}, and no model that could take this job would begin ` +
      'before it. Give it a later deadline or a more urgent priority, name further models, or ' +
      'set accept_late to have it taken in all the same.',
    { param: 'deadline_at', errors },
  );
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
