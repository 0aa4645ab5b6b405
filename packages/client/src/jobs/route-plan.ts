/** A routing decision as the API shows it. */

export interface RouteCandidate {
  readonly model: string;
  readonly reason: string;
  readonly score: number;
  readonly expected_cost_usd: string;
  readonly worst_case_cost_usd: string;
  readonly expected_seconds: number | null;
  readonly output_cap: { readonly tokens: number; readonly source: string };
}

export interface RoutePlan {
  readonly requested: string;
  readonly strategy: string;
  /** Best first. */
  readonly candidates: readonly RouteCandidate[];
  /** Why the other models cannot take the job. */
  readonly exclusions: readonly {
    readonly model: string;
    readonly code: string;
    readonly reason: string;
  }[];
  readonly catalog_version: string;
  readonly planned_at: string;
}

/** The answer of `POST /v1/route`. */
export interface RoutePlanReply {
  readonly object: 'route_plan';
  readonly route: RoutePlan;
  readonly cost: { readonly ceiling: string; readonly currency: string };
  readonly deadline_at: string;
  readonly features: Readonly<Record<string, unknown>>;
}
