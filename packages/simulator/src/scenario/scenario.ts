/** What a scenario says: how each model of each deployment behaves. */
import type { Price } from '../bill/price.ts';
import type { Fault } from '../faults/fault.ts';
import type { RetryAfterForm } from '../faults/retry-after.ts';
import type { Distribution } from './distribution.ts';

/** The deployment that answers under `/v1` without a prefix. */
export const DEFAULT_DEPLOYMENT = 'default';

/** A fault and when it is played. All conditions given must hold. */
export interface FaultRule {
  fault: Fault;
  /** Chance per call, 0 to 1. */
  probability: number | null;
  /** Every n-th call. */
  every: number | null;
  /** Only the first n calls. */
  first: number | null;
  /** Only calls after the first n. */
  after: number | null;
  /** Only calls whose prompt holds this text; others are not counted. */
  contains: string | null;
}

/** How one model of one deployment behaves. */
export interface ModelProfile {
  /** Time until generation begins. */
  latencyMs: Distribution;
  /** Time for each generated token. */
  perTokenMs: number;
  /** Length of an answer without a cap, reasoning not included. */
  outputTokens: Distribution;
  reasoningTokens: Distribution;
  /** Share of the prompt that counts as read from the cache, 0 to 1. */
  cachedShare: number;
  price: Price;
  /** Prompt and output cap together; null for no limit. */
  contextWindow: number | null;
  /** Calls at the same time. */
  capacity: number | null;
  /** Requests and tokens in one rate window. */
  rpm: number | null;
  tpm: number | null;
  rateWindowMs: number;
  /** How a 429 for capacity or rate says when to come back. */
  retryAfter: RetryAfterForm;
  embeddingDimensions: number;
  faults: readonly FaultRule[];
}

export type ProfilePatch = Partial<ModelProfile>;

export interface DeploymentScenario {
  /** Accepted keys; null for those of the scenario. */
  keys: readonly string[] | null;
  /** Closes every connection as soon as a request arrives. */
  refuseConnections: boolean;
  default: ProfilePatch;
  models: ReadonlyMap<string, ProfilePatch>;
}

export interface Scenario {
  /** Accepted keys; null accepts any. */
  keys: readonly string[] | null;
  /** Answers 404 for models the scenario does not name. */
  strictModels: boolean;
  default: ProfilePatch;
  models: ReadonlyMap<string, ProfilePatch>;
  deployments: ReadonlyMap<string, DeploymentScenario>;
}

/** What holds where a scenario says nothing. */
export const PLAIN_PROFILE: ModelProfile = {
  latencyMs: { kind: 'fixed', value: 20 },
  perTokenMs: 0,
  outputTokens: { kind: 'uniform', from: 16, to: 64 },
  reasoningTokens: { kind: 'fixed', value: 0 },
  cachedShare: 0,
  price: {
    inputPerMillionNanoUsd: 1_000_000_000n,
    cachedInputPerMillionNanoUsd: 500_000_000n,
    outputPerMillionNanoUsd: 4_000_000_000n,
  },
  contextWindow: null,
  capacity: null,
  rpm: null,
  tpm: null,
  rateWindowMs: 60_000,
  retryAfter: 'seconds',
  embeddingDimensions: 1536,
  faults: [],
};

/** The scenario of a simulator that was given none. */
export const EMPTY_SCENARIO: Scenario = {
  keys: null,
  strictModels: false,
  default: {},
  models: new Map(),
  deployments: new Map(),
};
