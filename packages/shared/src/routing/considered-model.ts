/** One model under consideration: its configuration and every figure that a decision reads. */
import type { Model } from '../domain/model-catalog.ts';
import type { NanoUsd } from '../domain/money.ts';
import { priorityNames } from '../domain/priority.ts';
import type { ModelLive, QualityFigure } from '../domain/route-plan.ts';
import {
  affordableOutputTokens,
  expectedCost,
  type OutputCap,
  outputCapOf,
  reservedTokens,
  worstCase,
} from '../pricing/price-attempt.ts';
import { correctEstimate } from './correct-estimate.ts';
import { opensAtMs } from './lane-recovery.ts';
import type { PlanInput } from './plan-input.ts';
import { predictWait } from './predict-wait.ts';
import { qualityOf } from './quality-of.ts';

export interface ConsideredModel {
  readonly model: Model;
  /** Share under the `weighted` strategy. */
  readonly weight: number;
  readonly outputCap: OutputCap;
  readonly reservation: NanoUsd;
  readonly reservedTokens: number;
  readonly expectedCost: NanoUsd;
  /** Time until one of its deployments takes calls, as far as pauses and breakers go. */
  readonly pausedMs: number;
  /** Time until its call would begin, at least the pause; `undefined` where nobody can say. */
  readonly startMs: number | undefined;
  /** Time until its answer. */
  readonly expectedMs: number | undefined;
  /** Time until the answer of a slow call: nine in ten are faster. */
  readonly slowMs: number | undefined;
  /** `undefined` when nobody has said or seen anything of it. */
  readonly quality: QualityFigure | undefined;
  /** Counted attempts of this job on the model. */
  readonly attemptsMade: number;
  readonly live: ModelLive | undefined;
}

/** Works the figures out; decides nothing. */
export function considerModel(model: Model, weight: number, input: PlanInput): ConsideredModel {
  const { features, priority = priorityNames.normal } = input.request;
  const outputCap = fittedCap(model, input);
  const live = input.live.models.get(model.name);
  const { nowMs } = input.limits;
  const outputTokensMax = outputCap.tokens * features.choices;
  const wait = predictWait(live, { model, priority, nowMs, outputTokensMax });
  const pausedMs = (opensAtMs(live, nowMs) ?? nowMs) - nowMs;
  const quote = {
    model,
    deployments: model.deployments,
    features,
    outputCapTokens: outputCap.tokens,
  };
  return {
    model,
    weight,
    outputCap,
    reservation: worstCase(quote),
    reservedTokens: reservedTokens(quote),
    expectedCost: expectedCost({ ...quote, features: correctEstimate(features, live) }),
    pausedMs,
    startMs: wait?.startMs ?? pauseOf(live, pausedMs),
    expectedMs: wait?.finishMs,
    slowMs: wait?.slowFinishMs,
    quality: qualityOf(model, input),
    attemptsMade: input.history.visited.get(model.name) ?? 0,
    live,
  };
}

/** Of a lane that nobody has timed, the pause alone is known. */
function pauseOf(live: ModelLive | undefined, pausedMs: number): number | undefined {
  const goesOn = live?.poolAlive === true && live.held === undefined;
  return goesOn && pausedMs > 0 ? pausedMs : undefined;
}

/** Fewer tokens than this are no answer: the model is rather left out. */
const cutOutputTokensMin = 16;

/**
 * The cap that is asked for; where the job allows it and that does not fit what is left of the
 * ceiling, or of a budget that has turned it away, as much of it as fits.
 */
function fittedCap(model: Model, { request, limits }: PlanInput): OutputCap {
  const { features } = request;
  const asked = outputCapOf(model, features);
  if (features.cutsOutput !== true || features.kind === 'embeddings') return asked;
  const quote = { model, deployments: model.deployments, features };
  const { ceilingLeftNanoUsd: ceilingLeft } = limits;
  const budgetLeft = limits.cutsToBudget === true ? limits.budgetLeftNanoUsd : undefined;
  const isBudgetTighter = budgetLeft !== undefined && budgetLeft < ceilingLeft;
  const tokens = affordableOutputTokens(quote, isBudgetTighter ? budgetLeft : ceilingLeft) ?? 0;
  if (tokens >= asked.tokens || tokens < cutOutputTokensMin) return asked;
  return { tokens, source: isBudgetTighter ? 'budget' : 'ceiling' };
}
