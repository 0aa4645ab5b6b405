/** A routing decision as the API shows it. */
import type { JobExpectation } from './job.ts';

/** From 0 to 1, where it comes from, and how many judged answers, or attempts, are behind it. */
export interface QualityFigure {
  readonly value: number;
  readonly source: string;
  readonly samples: number;
}

/** Cost, speed, quality and load against each other. */
export interface ScoreParts {
  readonly cost: number;
  readonly speed: number;
  readonly quality: number;
  readonly load: number;
}

export interface RouteCandidate {
  readonly model: string;
  readonly reason: string;
  /** Lower is better, within one plan. */
  readonly score: number;
  /**
   * Each 0 for the best candidate to 1 for the worst, also where the order does not come from it;
   * `null` in lists that an earlier version of the server has stored.
   */
  readonly scores: ScoreParts | null;
  readonly quality: QualityFigure | null;
  readonly expected_cost_usd: string;
  readonly worst_case_cost_usd: string;
  readonly expected_start_seconds: number | null;
  readonly expected_seconds: number | null;
  readonly output_cap: { readonly tokens: number; readonly source: string };
}

/** A model that cannot take the job, and what it would have cost and taken. */
export interface RouteExclusion {
  readonly model: string;
  readonly code: string;
  readonly reason: string;
  readonly quality: QualityFigure | null;
  readonly expected_cost_usd: string | null;
  readonly expected_seconds: number | null;
}

export interface RoutePlan {
  readonly requested: string;
  readonly strategy: string;
  /** What the parts of the scores weighed; `null` where no weights were used. */
  readonly weights: ScoreParts | null;
  /** What the request seems to ask, and what that rests on; `null` where nobody looked. */
  readonly task: {
    readonly class: string;
    readonly complexity: string;
    readonly confidence: number;
    readonly signals: readonly string[];
  } | null;
  /** Rules, preferences and the like that had a part in it. */
  readonly because: readonly string[];
  /** Best first. */
  readonly candidates: readonly RouteCandidate[];
  readonly exclusions: readonly RouteExclusion[];
  readonly catalog_version: string;
  readonly planned_at: string;
}

/** A plan that a job was on until it moved, in brief, and why it left. */
export interface RouteMove {
  /** From 1; numbers are missing where a job moved more often than is kept. */
  readonly n: number;
  readonly at: string;
  readonly from: string;
  /** The same model where it only tried again. */
  readonly to: string;
  readonly reason: { readonly code: string; readonly text: string };
  readonly planned_at: string;
  readonly compared: readonly Pick<
    RouteCandidate,
    'model' | 'score' | 'expected_cost_usd' | 'expected_start_seconds' | 'expected_seconds'
  >[];
  readonly excluded: readonly Pick<RouteExclusion, 'model' | 'code'>[];
}

/** What a submission would be answered that no model can take, or none before its deadline. */
export interface RouteRefusal {
  readonly code: string;
  readonly detail: string;
  /** The field that is wrong. */
  readonly param: string | null;
  readonly errors: readonly {
    readonly pointer: string;
    readonly code: string;
    readonly detail: string;
  }[];
}

/** The answer of `POST /v1/route`. */
export interface RoutePlanReply {
  readonly object: 'route_plan';
  readonly route: RoutePlan;
  /** Of the first candidate; `null` without one. Earlier servers do not tell. */
  readonly expected?: JobExpectation | null;
  /** Why a submission would be refused; `null` when it would not. Earlier servers do not tell. */
  readonly refusal?: RouteRefusal | null;
  readonly cost: { readonly ceiling: string; readonly currency: string };
  readonly deadline_at: string;
  readonly features: Readonly<Record<string, unknown>>;
}
