/**
 * The order of eligible models. What would answer after the deadline, or takes no calls for now,
 * stands behind what takes them. Among the others, models that this job has tried less often come
 * first: a job moves off what failed. Of those that would be late, the one that is it the least;
 * then those that were decided on beforehand (`stand-first.ts`), then the strategy's score; ties
 * keep the order of the configuration (or of the caller's list).
 */
import type { ScoreWeights } from '../domain/model-catalog.ts';
import type { ScoreParts } from '../domain/route-plan.ts';
import type { ConsideredModel } from './considered-model.ts';
import { isLate } from './eligibility.ts';
import { explore } from './explore.ts';
import { missOf } from './goal.ts';
import { isMeasured } from './is-measured.ts';
import type { PlanInput } from './plan-input.ts';
import { drawFor } from './plan-seed.ts';
import type { RouteTerms } from './route-terms.ts';
import { scoreParts } from './score-parts.ts';
import { standingOf } from './stand-first.ts';

export interface ScoredModel {
  readonly considered: ConsideredModel;
  /** Lower is better; finite, because plans are stored as JSON. */
  readonly score: number;
  /** Absent where the order does not come from figures and there is nobody to compare with. */
  readonly parts?: ScoreParts | undefined;
  /** Why it does not stand where its score would put it. */
  readonly why?: string | undefined;
}

export interface EligibleModels {
  readonly models: readonly ConsideredModel[];
  /** Whether something speaks against each of them. */
  readonly isDoubtful: boolean;
  /** Those that take no calls for now. */
  readonly closed: ReadonlySet<ConsideredModel>;
}

/** Behind everything that has a share. */
const scoreLast = Number.MAX_SAFE_INTEGER;

/** Scores and orders models, best first. */
export function orderModels(
  { models, isDoubtful, closed }: EligibleModels,
  terms: RouteTerms,
  input: PlanInput,
): readonly ScoredModel[] {
  const standing = standingOf(input, terms, isDoubtful);
  const placed = scoreModels(models, terms, input).map((scored) => {
    const { place, why } = standing(scored.considered.model.name);
    const rank = rankOf(scored.considered, closed.has(scored.considered), input);
    const lateMs = isLateRank(rank) ? (scored.considered.expectedMs ?? 0) : 0;
    return { rank, lateMs, place, scored: why === undefined ? scored : { ...scored, why } };
  });
  // Sorting is stable, so equal scores keep their order.
  placed.sort(
    (left, right) =>
      left.rank - right.rank ||
      left.scored.considered.attemptsMade - right.scored.considered.attemptsMade ||
      left.lateMs - right.lateMs ||
      left.place - right.place ||
      left.scored.score - right.scored.score,
  );
  const ordered = placed.map(({ scored }) => scored);
  const useful = placed.filter(({ rank }) => rank === 0).length;
  // Nothing is to be learned from a lane where a job only waits, or is cut off.
  return [...explore(ordered.slice(0, useful), terms, input), ...ordered.slice(useful)];
}

/**
 * 0: takes calls, and should answer in time or nobody can say. 1: takes none for now, but should
 * answer in time all the same, because its pause or breaker ends soon enough. 2: takes calls,
 * and would answer after the deadline, which ends the call, if it were as slow as it was: it is the
 * one to try. 3: takes calls, and would be late as it is now. 4: takes none for now.
 */
function rankOf(considered: ConsideredModel, isClosed: boolean, input: PlanInput): number {
  const late = isLate(considered, input);
  if (!isClosed && late) return isMeasured(considered.live) ? 3 : 2;
  if (!isClosed) return 0;
  return late || considered.expectedMs === undefined ? 4 : 1;
}

function isLateRank(rank: number): boolean {
  return rank === 2 || rank === 3;
}

function scoreModels(
  eligible: readonly ConsideredModel[],
  terms: RouteTerms,
  input: PlanInput,
): readonly ScoredModel[] {
  const { strategy } = terms;
  if (strategy === 'listed' || strategy === 'round-robin' || strategy === 'weighted') {
    const { seed } = input;
    const count = eligible.length;
    // They say how the models compare, and decide nothing. For one alone they would all be 0, which
    // need not stand in the record of each job that names its model.
    const parts = count > 1 ? scoreParts(eligible) : [];
    return eligible.map((considered, index) => ({
      considered,
      score: placeOf(strategy, { considered, index, count, seed }),
      parts: parts[index],
    }));
  }
  const parts = scoreParts(eligible);
  return eligible.map((considered, index) => {
    const own = parts[index] ?? noParts;
    return { considered, parts: own, score: scoreOf(considered, own, { terms, input }) };
  });
}

const noParts: ScoreParts = { cost: 0, speed: 0, quality: 0, load: 0 };

interface Turn {
  readonly considered: ConsideredModel;
  /** Place among the eligible models, in configured order. */
  readonly index: number;
  readonly count: number;
  /** A non-negative whole number. */
  readonly seed: number;
}

/** A score that comes from order and chance alone. */
function placeOf(strategy: 'listed' | 'round-robin' | 'weighted', turn: Turn): number {
  const { index, count, seed } = turn;
  if (strategy === 'weighted') return weightedScore(turn.considered, seed);
  return strategy === 'listed' ? index : (index + count - (seed % count)) % count;
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

interface Scale {
  readonly terms: RouteTerms;
  readonly input: PlanInput;
}

/** From 0 to 1 while nothing speaks against the model, above 1 behind all of those. */
function scoreOf(considered: ConsideredModel, parts: ScoreParts, { terms, input }: Scale): number {
  if (terms.strategy === 'cheapest_meeting') {
    const miss = missOf(considered, terms.goal, input.limits);
    return miss === 0 ? parts.cost : 1 + miss;
  }
  // Nothing else could speak for a model that nobody has timed.
  if (terms.strategy === 'fastest' && considered.expectedMs === undefined) return 2;
  return weigh(parts, terms.weights);
}

/** The weighted mean of the parts. */
function weigh(parts: ScoreParts, weights: ScoreWeights): number {
  const { cost, speed, quality, load } = weights;
  const sum = cost + speed + quality + load;
  if (sum === 0) return 0;
  const weighted =
    parts.cost * cost + parts.speed * speed + parts.quality * quality + parts.load * load;
  return weighted / sum;
}
