/** The routing decision as callers see it: on the job, and from the dry run. */
import type { JsonObject } from '@forebay/shared/domain/json';
import { formatUsd } from '@forebay/shared/domain/money';
import type { RouteMove } from '@forebay/shared/domain/route-move';
import type {
  QualityFigure,
  RequestFeatures,
  RouteCandidate,
  RouteExclusion,
  RoutePlan,
  ScoreParts,
} from '@forebay/shared/domain/route-plan';

/** @param features of the request: what the plan has read the task from. */
export function viewPlan(plan: RoutePlan, { task }: RequestFeatures): JsonObject {
  return {
    requested: plan.requested,
    strategy: plan.strategy,
    weights: plan.weights === undefined ? null : { ...plan.weights },
    task: task === undefined ? null : { ...task },
    because: plan.because ?? [],
    candidates: plan.candidates.map((candidate) =>
      viewCandidate(candidate, plan.candidates.length === 1),
    ),
    exclusions: plan.exclusions.map(viewExclusion),
    catalog_version: plan.catalogVersion,
    planned_at: new Date(plan.plannedAtMs).toISOString(),
  };
}

/** A plan that a job has left. */
export function viewMove(move: RouteMove): JsonObject {
  return {
    n: move.n,
    at: new Date(move.atMs).toISOString(),
    from: move.from,
    to: move.to,
    reason: { ...move.reason },
    planned_at: new Date(move.plannedAtMs).toISOString(),
    compared: move.compared.map(({ model, score, expectedNanoUsd, startMs, expectedMs }) => ({
      model,
      score,
      expected_cost_usd: usdText(expectedNanoUsd),
      expected_start_seconds: seconds(startMs),
      expected_seconds: seconds(expectedMs),
    })),
    excluded: move.excluded.map(({ model, code }) => ({ model, code })),
  };
}

/** Who is alone is the best and the worst in each part. */
const partsAlone: ScoreParts = { cost: 0, speed: 0, quality: 0, load: 0 };

function viewCandidate(candidate: RouteCandidate, isAlone: boolean): JsonObject {
  const scores = candidate.scores ?? (isAlone ? partsAlone : undefined);
  return {
    model: candidate.model,
    reason: candidate.reason,
    score: candidate.score,
    scores: scores === undefined ? null : { ...scores },
    quality: viewQuality(candidate.quality),
    expected_cost_usd: usdText(candidate.expectedNanoUsd),
    worst_case_cost_usd: usdText(candidate.reservationNanoUsd),
    expected_start_seconds: seconds(candidate.startMs),
    expected_seconds: seconds(candidate.expectedMs),
    output_cap: { tokens: candidate.outputCapTokens, source: candidate.outputCapSource },
  };
}

function viewExclusion(exclusion: RouteExclusion): JsonObject {
  const { model, code, reason, expectedNanoUsd } = exclusion;
  return {
    model,
    code,
    reason,
    quality: viewQuality(exclusion.quality),
    expected_cost_usd: expectedNanoUsd === undefined ? null : usdText(expectedNanoUsd),
    expected_seconds: seconds(exclusion.expectedMs),
  };
}

function viewQuality(quality: QualityFigure | undefined): JsonObject | null {
  return quality === undefined ? null : { ...quality };
}

function usdText(nanoUsd: string): string {
  return formatUsd(BigInt(nanoUsd));
}

function seconds(durationMs: number | undefined): number | null {
  return durationMs === undefined ? null : durationMs / 1000;
}
