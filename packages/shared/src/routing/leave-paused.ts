/**
 * Which models are passed over for a while, because their providers asked to be left alone and
 * another model of the plan would probably begin sooner. Never all of them: the one that begins
 * first stays.
 */
import type { ConsideredModel } from './considered-model.ts';
import type { Objection } from './eligibility.ts';
import type { PlanInput } from './plan-input.ts';

/** A job waits this much longer for the model that it would have had otherwise. */
export const shortPauseMs = 1_000;

/** What is known of no lane counts as nothing: its figures come with its first answers. */
export function findPaused(
  models: readonly ConsideredModel[],
  { limits }: PlanInput,
): ReadonlyMap<ConsideredModel, Objection> {
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
    if (pausedMs - firstMs <= shortPauseMs) continue;
    const reason = `paused for ${pausedMs} ms, ${first.model.name} would begin sooner`;
    objections.set(considered, { code: 'paused', reason });
  }
  return objections;
}

function startMsOf({ startMs = 0 }: ConsideredModel): number {
  return startMs;
}
