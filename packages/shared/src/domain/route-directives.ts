/**
 * What rules, preferences, aliases, sessions and canaries decided for one job: made once, when it
 * comes in, kept with it, and used again whenever it is planned anew. So a later change of the
 * configuration does not move a job that stands already.
 */
import type { RouteStrategy, ScoreWeightChanges } from './model-catalog.ts';

export interface RouteDirectives {
  /** What stands for the name that the caller gave: the version of an alias, a rule's target. */
  readonly target?: RouteAim;
  /** The aliases that the caller named, by the model that each stands for. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** A model that lacks one of these tags is out. */
  readonly requireTags?: readonly string[];
  /** Left out while another model remains. */
  readonly avoidModels?: readonly string[];
  /** Out for good. */
  readonly forbidModels?: readonly string[];
  /** First among the models that can take the job. */
  readonly preferModels?: readonly string[];
  /** The name of the job's session. */
  readonly session?: string;
  /** The model of the job's session: first, unless it is out or doubted. */
  readonly stickTo?: string;
  /** A canary: first, unless it is out; a candidate although its route does not list it. */
  readonly leadWith?: string;
  /** In place of the strategy that the route has. */
  readonly strategy?: RouteStrategy;
  /** In place of weights of the route. */
  readonly weights?: ScoreWeightChanges;
  /** Where each came from, such as `rule eu-only`, for people. */
  readonly because: readonly string[];
}

/** One model or route, or a list of models in order. */
export interface RouteAim {
  readonly requested: string;
  /** Empty when `requested` is one name. */
  readonly models: readonly string[];
}
