/** What `cheapest_meeting` looks for, and how far a model is from it. */
import type { RouteGoal } from '../domain/model-catalog.ts';
import type { ConsideredModel } from './considered-model.ts';
import type { PlanLimits } from './plan-input.ts';
import { unknownQuality } from './quality-of.ts';

type Judged = Pick<ConsideredModel, 'quality' | 'expectedMs'>;

/**
 * How far a model is from the goal: 0 when it meets it, at most 2. A model that nobody has timed
 * counts as in time, as it does for the deadline of a job.
 */
export function missOf(considered: Judged, goal: RouteGoal, limits: PlanLimits): number {
  const value = considered.quality?.value ?? unknownQuality;
  const missedQuality = Math.max(0, (goal.quality ?? 0) - value);
  const leftMs = Math.max(1, goalLeftMs(goal, limits));
  const lateMs = Math.max(0, (considered.expectedMs ?? 0) - leftMs);
  return missedQuality + Math.min(1, lateMs / leftMs);
}

/** Such as `meets quality 0.8 and 30000 ms`. */
export function explainGoal(considered: Judged, goal: RouteGoal, limits: PlanLimits): string {
  const leftMs = goalLeftMs(goal, limits);
  const wanted = [
    ...(goal.quality === undefined ? [] : [`quality ${goal.quality}`]),
    `${leftMs} ms`,
  ].join(' and ');
  if (missOf(considered, goal, limits) === 0) return `meets ${wanted}`;
  const value = considered.quality?.value ?? unknownQuality;
  const isShort = value < (goal.quality ?? 0);
  const missed = [
    ...(isShort ? [`its quality is ${value}`] : []),
    ...((considered.expectedMs ?? 0) > leftMs ? ['it takes longer'] : []),
  ].join(', ');
  return `does not meet ${wanted}: ${missed}`;
}

/** Time until the goal's own deadline, or the job's where that comes first. */
function goalLeftMs({ deadlineMs }: RouteGoal, limits: PlanLimits): number {
  const { nowMs, deadlineAtMs, countsFromMs = nowMs } = limits;
  const atMs = deadlineMs === undefined ? deadlineAtMs : countsFromMs + deadlineMs;
  return Math.min(atMs, deadlineAtMs) - nowMs;
}
