/**
 * What the operator configured, resolved: providers, models, deployments, routes. Frozen once
 * loaded; a reload swaps the whole value. Names are checked, references resolve, and no fallback
 * list is impossible (see `config/`), so readers need no defensive code.
 */
import type { BreakerSettings } from './breaker.ts';
import type { TenantId } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { PriceRow } from './price-row.ts';
import type { RoutingRule } from './routing-rule.ts';
import type { TaskClass } from './task-class.ts';

/** The three OpenAI request kinds that a job can carry. */
export const jobKinds = ['chat.completions', 'embeddings', 'responses'] as const;

export type JobKind = (typeof jobKinds)[number];

/** What a model can do beyond plain text. */
export const capabilityNames = ['tools', 'json_schema', 'vision'] as const;

export type Capability = (typeof capabilityNames)[number];

/** Fields of a chat request that can carry the output cap. */
export const outputCapFields = ['max_tokens', 'max_completion_tokens'] as const;

export type OutputCapField = (typeof outputCapFields)[number];

/** The APIs that there is an adapter for; `dialects.ts` says what each can do. */
export const dialectNames = ['openai', 'anthropic', 'gemini'] as const;

export type DialectName = (typeof dialectNames)[number];

/** How models of other dialects than OpenAI's are told how hard to think. */
export const thinkingForms = ['level', 'budget'] as const;

export type ThinkingForm = (typeof thinkingForms)[number];

/** How a provider is shown who calls. Names of variables only; keys are never in here. */
export type ProviderAuth =
  /** The key in a header (lower case), after the name of a scheme if there is one. */
  | {
      readonly kind: 'header';
      readonly name: string;
      readonly scheme: 'Bearer' | undefined;
    }
  /** A signature of AWS, made with the key. */
  | {
      readonly kind: 'sigv4';
      readonly region: string;
      readonly service: string;
      readonly accessKeyIdEnv: string;
      readonly sessionTokenEnv: string;
    };

export interface Provider {
  readonly name: string;
  readonly dialect: DialectName;
  /** Base URL that ends before the path of a call, without a trailing slash. */
  readonly baseUrl: string;
  /** Paths under the base URL that differ from those of the dialect; `{model}` is the model. */
  readonly paths: Readonly<Partial<Record<JobKind, string | undefined>>>;
  /** Parameters in the query of every call, not encoded. */
  readonly query?: Readonly<Record<string, string>>;
  /** `false` for servers that refuse to be asked for the usage of a stream. */
  readonly asksStreamUsage?: boolean;
  /** `true` for servers that refuse messages with members which are not OpenAI's. */
  readonly hasStrictMessages?: boolean;
  readonly auth: ProviderAuth;
  /** Fixed fields of every body; those of the call itself win. */
  readonly fields?: JsonObject | undefined;
  /** Name of the environment variable that holds the key; the key itself is never in here. */
  readonly apiKeyEnv: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export interface AttemptTimers {
  readonly connectTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly totalTimeoutMs: number;
}

/** One endpoint that serves a model, with its own limits. */
export interface Deployment {
  /** Unique over all models: `<model>/<name>`. */
  readonly id: string;
  readonly provider: Provider;
  /** The name that the provider knows the model by. */
  readonly upstreamModel: string;
  /** Calls at the same time, over all processes. */
  readonly concurrency: number;
  /** Requests per minute; `undefined` is no limit. */
  readonly rpm: number | undefined;
  /** Requests that may start at once after a quiet minute. */
  readonly rpmBurst: number;
  /** Tokens per minute, counted at reservation; `undefined` is no limit. */
  readonly tpm: number | undefined;
  readonly weight: number;
  /** Lower is tried first; deployments of the same order share by weight. */
  readonly order: number;
  /** Whether chat calls stream upstream. */
  readonly stream: boolean;
  /**
   * The field that caps a chat answer here, whatever the caller wrote: a server that does not know
   * it would ignore it, and the bill could pass the reservation.
   */
  readonly outputCapField: OutputCapField;
  /** Absent where the dialect passes the caller's word on. */
  readonly thinking?: ThinkingForm | undefined;
  readonly price: PriceRow;
  /** When it is left alone because its calls fail; absent when it never is. */
  readonly breaker?: BreakerSettings | undefined;
}

export interface Model {
  readonly name: string;
  readonly kinds: readonly JobKind[];
  readonly capabilities: readonly Capability[];
  /** Input and output tokens together. */
  readonly contextWindowTokens: number;
  /** Sent as the output cap when the caller gives none. */
  readonly defaultOutputTokens: number;
  /** The largest output cap that the model accepts. */
  readonly maxOutputTokens: number;
  /** Upper bound of input tokens for one inline image; `undefined` refuses images. */
  readonly imageTokensMax: number | undefined;
  readonly timers: AttemptTimers;
  readonly deployments: readonly Deployment[];
  /** Models to move to, in order, for jobs that name just this one. */
  readonly fallbacks: readonly string[];
  /** In place of those when a prompt does not fit; empty for whatever else has a larger window. */
  readonly contextFallbacks: readonly string[];
  /** In place of those when content is filtered; empty for whatever else there is. */
  readonly contentFallbacks: readonly string[];
  readonly tags: readonly string[];
  /** How good its answers are by the operator's own judgement; absent where nothing was said. */
  readonly quality?: QualityPrior | undefined;
  /** From then on it takes no new jobs; absent for never. Milliseconds since 1970. */
  readonly retiresAtMs?: number | undefined;
  /** The model or alias that takes its place then. */
  readonly replacedBy?: string | undefined;
}

/** From 0 to 1 for each task class; `default` holds for the others. */
export type QualityPrior = Readonly<Partial<Record<TaskClass | 'default', number>>>;

export const routeStrategies = [
  'balanced',
  'cheapest',
  'fastest',
  'best',
  'least-busy',
  'cheapest_meeting',
  'weighted',
  'round-robin',
] as const;

export type RouteStrategy = (typeof routeStrategies)[number];

/** What the parts of a score weigh against each other under `balanced`; each at least 0. */
export interface ScoreWeights {
  readonly cost: number;
  readonly speed: number;
  readonly quality: number;
  readonly load: number;
}

/** Weights that differ from the usual ones. */
export type ScoreWeightChanges = {
  readonly [Part in keyof ScoreWeights]?: number | undefined;
};

/** What `cheapest_meeting` looks for; nothing given means any quality, and the job's deadline. */
export interface RouteGoal {
  /** From 0 to 1. */
  readonly quality?: number | undefined;
  /** From submission, or the start time of a scheduled job, to the answer. */
  readonly deadlineMs?: number | undefined;
}

/** A named choice among models, such as `auto`. */
export interface Route {
  readonly name: string;
  readonly strategy: RouteStrategy;
  readonly targets: readonly RouteTarget[];
  readonly weights?: ScoreWeightChanges | undefined;
  /** Models of a lower quality for a job are left out. From 0 to 1. */
  readonly minQuality?: number | undefined;
  readonly goal?: RouteGoal | undefined;
  /** A model that is none of the targets and gets a share of the jobs to be tried out. */
  readonly canary?: RouteCanary | undefined;
  /** A model that a share of its jobs is sent to once more, to compare it. */
  readonly shadow?: RouteShadow | undefined;
}

export interface RouteCanary {
  readonly model: string;
  /** 0 to 100. */
  readonly percent: number;
}

/** Decision 0048. */
export interface RouteShadow {
  readonly model: string;
  /** 0 to 100. */
  readonly percent: number;
  /** Whose jobs the shadows are, and whose money they cost. */
  readonly tenant: TenantId;
  /** How long a shadow has from its making to its answer. */
  readonly expiresMs: number;
}

export interface RouteTarget {
  readonly model: string;
  /** Share under the `weighted` strategy. */
  readonly weight: number;
}

/** A name that stands for another one, which changes with time. */
export interface Alias {
  readonly name: string;
  /** By their beginning; the first one holds from the beginning of time. */
  readonly versions: readonly AliasVersion[];
}

export interface AliasVersion {
  /** A model, a route or another alias. */
  readonly target: string;
  /** Milliseconds since 1970. */
  readonly fromMs: number;
}

export interface Catalog {
  /** Changes with every load: a short hash of the resolved content. */
  readonly version: string;
  readonly models: ReadonlyMap<string, Model>;
  readonly routes: ReadonlyMap<string, Route>;
  readonly aliases: ReadonlyMap<string, Alias>;
  readonly providers: ReadonlyMap<string, Provider>;
  /** Share of jobs that go to a model of their route by chance, to learn of it; absent is none. */
  readonly exploration?: number | undefined;
  /** In the order of the file. */
  readonly rules: readonly RoutingRule[];
}
