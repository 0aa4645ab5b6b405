/** Everything that a routing decision depends on. Nothing else does: same input, same plan. */
import type { Catalog } from '../domain/model-catalog.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { RouteAim, RouteDirectives } from '../domain/route-directives.ts';
import type {
  LiveSnapshot,
  QualityFigure,
  RequestFeatures,
  RoutingWishes,
} from '../domain/route-plan.ts';

export interface PlanInput {
  readonly catalog: Catalog;
  readonly request: PlanRequest;
  readonly live: LiveSnapshot;
  readonly limits: PlanLimits;
  readonly history: PlanHistory;
  /**
   * Decides turns (`round-robin`) and draws (`weighted`): the n-th turn for a counter, a fair draw
   * for a hash. A new job gets its route's counter where turns count; else `planSeed` makes the
   * seed from the job's id, so that a job is planned alike every time.
   */
  readonly seed: number;
  /**
   * Keeps models in that are paused while another one would begin sooner: for a job whose attempt
   * has just failed, because the figures may not show yet what that has paused.
   */
  readonly keepsPaused?: boolean | undefined;
  /** What was learned of a model for this job's task; absent where nothing is learned. */
  readonly quality?: ((model: string) => QualityFigure | undefined) | undefined;
}

export interface PlanRequest {
  /** A model, a route, or for display the list as the caller wrote it. */
  readonly requested: string;
  /** The caller's list in order; empty when `requested` is one name. */
  readonly models: readonly string[];
  readonly features: RequestFeatures;
  /** 0 to 9; absent for a normal one. Decides who waits longer, and nothing else. */
  readonly priority?: number | undefined;
  /** Models and routes that the caller's key may name; absent for all. */
  readonly allowedModels?: readonly string[] | undefined;
  /** What the job itself asks of its routing. */
  readonly wishes?: RoutingWishes | undefined;
  /** Why cheaper models come first now; absent while they need not. */
  readonly brownout?: string | undefined;
  /** What rules, preferences and the like decided for the job. */
  readonly directives?: RouteDirectives | undefined;
}

/** What is planned: what the caller named, or what stands for it. */
export function aimOf(request: Pick<PlanRequest, 'requested' | 'models' | 'directives'>): RouteAim {
  return request.directives?.target ?? request;
}

export interface PlanLimits {
  /** What the job may still spend or hold: ceiling − spent − unknown. */
  readonly ceilingLeftNanoUsd: NanoUsd;
  /** What the tightest budget has left, where that is known to be too little for a model. */
  readonly budgetLeftNanoUsd?: NanoUsd | undefined;
  /**
   * Whether an output cap may be cut to that. Not where it is left of a budget of all tenants: the
   * cap would tell one of them what others have spent.
   */
  readonly cutsToBudget?: boolean | undefined;
  /** Server times in milliseconds since 1970. */
  readonly deadlineAtMs: number;
  readonly nowMs: number;
  /** When the job came in or was to start, from which goals of its route count; absent is now. */
  readonly countsFromMs?: number | undefined;
  readonly attemptsPerModelMax: number;
}

/** What the job has been through; {@link noHistory} for a new one. */
export interface PlanHistory {
  /** Counted attempts by model. */
  readonly visited: ReadonlyMap<string, number>;
  /** Models that this job must not use again, with the reason for people. */
  readonly excluded: ReadonlyMap<string, string>;
  /** After `context_too_long`: only models with a larger context window than this. */
  readonly largerContextThanTokens: number | undefined;
}

/** The history of a job that has not been tried. */
export const noHistory: PlanHistory = {
  visited: new Map(),
  excluded: new Map(),
  largerContextThanTokens: undefined,
};
