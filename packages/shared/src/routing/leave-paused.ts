/**
 * Which models are passed over for a while, because their providers asked to be left alone and
 * another model of the plan would probably begin sooner. Never all of them: the one that begins
 * first stays. Nor for a job that has the time: it would give a cheaper model, or the one that its
 * session is with, away for an earlier start that nobody asked for.
 */
import { priorityClass, priorityNames } from '../domain/priority.ts';
import type { ConsideredModel } from './considered-model.ts';
import { isLate, type Objection } from './eligibility.ts';
import { hasFreePlace } from './has-free-place.ts';
import type { PlanInput } from './plan-input.ts';

/** A job waits this much longer for the model that it would have had otherwise. */
export const shortPauseMs = 1_000;

/** The paused models that are left out, each with the reason. */
export function findPaused(
  models: readonly ConsideredModel[],
  input: PlanInput,
): ReadonlyMap<ConsideredModel, Objection> {
  const { limits } = input;
  const objections = new Map<ConsideredModel, Objection>();
  if (models.length < 2 || models.every(({ pausedMs }) => pausedMs <= shortPauseMs)) {
    return objections;
  }
  // What is over when a job is to begin keeps it from nothing.
  const beginsInMs = Math.max(0, (limits.countsFromMs ?? limits.nowMs) - limits.nowMs);
  const first = models.reduce((best, each) => (startMsOf(each) < startMsOf(best) ? each : best));
  const firstMs = Math.max(beginsInMs, startMsOf(first));
  for (const considered of models) {
    const { pausedMs } = considered;
    if (pausedMs - firstMs <= shortPauseMs || canWaitFor(considered, input)) continue;
    const reason = `paused for ${pausedMs} ms, ${first.model.name} would begin sooner`;
    objections.set(considered, { code: 'paused', reason });
  }
  return objections;
}

/** While nobody has timed a lane, only free places can be counted on, and not its line. */
function startMsOf({ startMs = 0, live }: ConsideredModel): number {
  if (live === undefined || live.serviceMs !== undefined || hasFreePlace(live)) return startMs;
  return Number.POSITIVE_INFINITY;
}

/** Whether the pause costs the job nothing but time that it surely has. */
function canWaitFor(considered: ConsideredModel, input: PlanInput): boolean {
  if (considered.expectedMs === undefined || isLate(considered, input)) return false;
  const { directives, priority = priorityNames.normal } = input.request;
  const own = priorityClass(priority);
  return own === 'low' || own === 'bulk' || directives?.stickTo === considered.model.name;
}
