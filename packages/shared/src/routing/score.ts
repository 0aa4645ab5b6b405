/**
 * The order of eligible models. Models that this job has tried less often always come first: a
 * job moves off what failed. Within that, the strategy's score decides, and ties keep the order
 * of the configuration (or of the caller's list).
 */
import type { RouteStrategy } from '../domain/model-catalog.ts';
import type { ConsideredModel } from './considered-model.ts';
import { drawFor } from './plan-seed.ts';

export interface ScoredModel {
  readonly considered: ConsideredModel;
  /** Lower is better; finite, because plans are stored as JSON. */
  readonly score: number;
}

/** Behind everything that has a score: not measured yet, or weight 0. */
const scoreLast = Number.MAX_SAFE_INTEGER;

interface Turn {
  /** Place among the eligible models, in configured order. */
  readonly index: number;
  readonly count: number;
  readonly seed: number;
}

const scorers: Record<
  RouteStrategy | 'listed',
  (considered: ConsideredModel, turn: Turn) => number
> = {
  listed: (_, turn) => turn.index,
  cheapest: (considered) => Number(considered.expectedCost),
  fastest: (considered) => considered.expectedMs ?? scoreLast,
  'round-robin': (_, turn) => (turn.index + turn.count - (turn.seed % turn.count)) % turn.count,
  weighted: (considered, turn) => weightedScore(considered, turn.seed),
};

/** Scores and orders models. `seed` is a non-negative whole number. */
export function orderModels(
  eligible: readonly ConsideredModel[],
  strategy: RouteStrategy | 'listed',
  seed: number,
): readonly ScoredModel[] {
  const score = scorers[strategy];
  const scored = eligible.map((considered, index) => ({
    considered,
    score: score(considered, { index, count: eligible.length, seed }),
  }));
  // Sorting is stable, so equal scores keep their order.
  return scored.toSorted(
    (left, right) =>
      left.considered.attemptsMade - right.considered.attemptsMade || left.score - right.score,
  );
}

/**
 * A draw without replacement: ordering by −ln(u) ÷ weight puts each model first with a chance of
 * its share (Efraimidis and Spirakis, 2006). Each draw depends on the model alone, so leaving one
 * model out does not shuffle the others.
 */
function weightedScore({ model, weight }: ConsideredModel, seed: number): number {
  if (weight <= 0) return scoreLast;
  return -Math.log(drawFor(seed, model.name)) / weight;
}
