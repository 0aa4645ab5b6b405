/** A scored model as the plan shows it: its figures, rounded, and a sentence for people. */
import { formatUsd } from '../domain/money.ts';
import type { QualityFigure, RouteCandidate, ScoreParts } from '../domain/route-plan.ts';
import type { Objection } from './eligibility.ts';
import { explainGoal } from './goal.ts';
import type { PlanInput } from './plan-input.ts';
import type { RouteTerms } from './route-terms.ts';
import type { ScoredModel } from './score.ts';

interface Surroundings {
  readonly terms: RouteTerms;
  readonly input: PlanInput;
  /** What speaks against the model, where no model is without a doubt. */
  readonly doubt: Objection | undefined;
}

export function describeCandidate(scored: ScoredModel, around: Surroundings): RouteCandidate {
  const { considered, score, parts } = scored;
  const { model, outputCap } = considered;
  return {
    model: model.name,
    reservationNanoUsd: considered.reservation.toString(),
    expectedNanoUsd: considered.expectedCost.toString(),
    reservedTokens: considered.reservedTokens,
    outputCapTokens: outputCap.tokens,
    outputCapSource: outputCap.source,
    ...(considered.startMs === undefined ? {} : { startMs: considered.startMs }),
    expectedMs: considered.expectedMs,
    score: rounded(score),
    ...(parts === undefined ? {} : { scores: roundedParts(parts) }),
    ...qualityMember(considered.quality),
    reason: explainChoice(scored, around),
  };
}

/** For candidates and exclusions alike; nothing where nothing is known. */
export function qualityMember(quality: QualityFigure | undefined): {
  readonly quality?: QualityFigure;
} {
  return quality === undefined ? {} : { quality: { ...quality, value: rounded(quality.value) } };
}

/** Such as `cheapest: about 0.0002 USD, at most 0.004 USD; about 900 ms`. */
function explainChoice(scored: ScoredModel, { terms, input, doubt }: Surroundings): string {
  const { considered, why } = scored;
  const { expectedCost, reservation, expectedMs, attemptsMade, quality } = considered;
  const { strategy, goal, brownout } = terms;
  const cost = `about ${formatUsd(expectedCost)} USD, at most ${formatUsd(reservation)} USD`;
  const time = expectedMs === undefined ? 'not timed yet' : `about ${expectedMs} ms`;
  let text = `${strategy}: ${cost}; ${time}`;
  if (quality !== undefined) text += `; quality ${rounded(quality.value)} (${quality.source})`;
  if (strategy === 'cheapest_meeting') text += `; ${explainGoal(considered, goal, input.limits)}`;
  if (brownout !== undefined) text += `; ${brownout}`;
  if (why !== undefined) text += `; ${why}`;
  if (attemptsMade > 0) text += `; attempts made here: ${attemptsMade}`;
  if (doubt !== undefined) text += `; although ${doubt.reason}`;
  return text;
}

function roundedParts({ cost, speed, quality, load }: ScoreParts): ScoreParts {
  return {
    cost: rounded(cost),
    speed: rounded(speed),
    quality: rounded(quality),
    load: rounded(load),
  };
}

/** Four digits: enough to compare by eye, few enough to keep with every job. */
function rounded(figure: number): number {
  return Math.round(figure * 10_000) / 10_000;
}
