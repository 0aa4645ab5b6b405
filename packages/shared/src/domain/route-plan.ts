/**
 * A routing decision as a value: ordered candidates, what was left out and why. It is stored on
 * the job, shown by `POST /v1/route`, and made again on live figures when a job is reassigned.
 * Amounts are decimal strings of nano-dollars, because plans are stored as JSON.
 */
import type { ContentClass } from './content-class.ts';
import type { UncarriedFields } from './find-uncarried.ts';
import type { CallFigures, DeploymentLive } from './live-figures.ts';
import type {
  Capability,
  JobKind,
  RouteGoal,
  RouteStrategy,
  ScoreWeightChanges,
  ScoreWeights,
} from './model-catalog.ts';
import type { PriorityClass } from './priority.ts';
import type { TaskProfile } from './task-class.ts';

/** What routing needs to know about a request; made once at intake and kept on the job. */
export interface RequestFeatures {
  readonly kind: JobKind;
  /** No tokenizer can count more than this: the byte-level bound, images by rule not included. */
  readonly inputTokensBound: number;
  /** A guess for display and scores. */
  readonly inputTokensEstimate: number;
  readonly imageCount: number;
  /** The caller's own output cap per choice; `undefined` takes each model's default. */
  readonly outputTokensRequested: number | undefined;
  /** Choices asked for (`n`). */
  readonly choices: number;
  readonly needs: readonly Capability[];
  /** What the prompt is mostly made of; absent in jobs of an earlier version. */
  readonly content?: ContentClass;
  /** Whether the output cap may be cut to the money that is left; absent for most jobs. */
  readonly cutsOutput?: true;
  /** What the request probably asks for; absent for embeddings and in jobs of earlier versions. */
  readonly task?: TaskProfile;
  /** Quality from 0 to 1 by model, where a trained predictor dares to say. */
  readonly predictedQuality?: Readonly<Record<string, number>>;
  /** What dialects have no form for; absent when each carries the whole request. */
  readonly uncarried?: UncarriedFields;
}

/** Who set the output cap: the caller, the model's default, or what ceiling or budget had left. */
export type OutputCapSource = 'request' | 'default' | 'ceiling' | 'budget';

export interface RouteCandidate {
  readonly model: string;
  /** Provable worst case of one attempt at the dearest eligible deployment. */
  readonly reservationNanoUsd: string;
  /** What one attempt will probably cost. */
  readonly expectedNanoUsd: string;
  /** Tokens that the attempt can use at most; what TPM permits are taken for. */
  readonly reservedTokens: number;
  /** The output cap that is sent, per choice. */
  readonly outputCapTokens: number;
  readonly outputCapSource: OutputCapSource;
  /** Expected time until the call begins; absent when nobody could say, as in earlier plans. */
  readonly startMs?: number;
  /** Expected time to an answer, wait included; `undefined` when nothing was measured yet. */
  readonly expectedMs: number | undefined;
  /** Lower is better, within one plan and among models that stand alike before their scores. */
  readonly score: number;
  /**
   * How it compares with the others, whether or not the order comes from it; absent where one model
   * stands alone in an order of its own (all are 0 then), and in lists of earlier versions.
   */
  readonly scores?: ScoreParts | undefined;
  /** Absent where nothing is known of the model's quality. */
  readonly quality?: QualityFigure | undefined;
  readonly reason: string;
}

/**
 * How a model compares with the other eligible ones, before weights: 0 is the best of them, 1 the
 * worst. Rounded to four digits, because plans are stored with every job.
 */
export type ScoreParts = ScoreWeights;

/** How good a model's answers are for a job, and how that is known. */
export interface QualityFigure {
  /** From 0 to 1. */
  readonly value: number;
  readonly source: 'predictor' | 'user' | 'tenant' | 'attempts' | 'prior';
  /** Judged answers behind it, or attempts where nobody judged any; 0 for a prior. */
  readonly samples: number;
}

/** What a job asks of its routing by itself; it holds again at each move. */
export interface RoutingWishes {
  readonly strategy?: RouteStrategy | undefined;
  readonly weights?: ScoreWeightChanges | undefined;
  readonly minQuality?: number | undefined;
  readonly goal?: RouteGoal | undefined;
  /** Models or aliases that it would rather have, or rather not. */
  readonly prefer?: readonly string[] | undefined;
  readonly avoid?: readonly string[] | undefined;
  /** Jobs of one session stay with one model of their route. */
  readonly session?: string | undefined;
}

export const exclusionCodes = [
  'unknown_model',
  'not_allowed',
  'kind_not_served',
  'capability_missing',
  'images_not_supported',
  'cannot_carry',
  'context_too_small',
  'quality_too_low',
  'output_cap_too_large',
  'over_ceiling',
  'over_budget',
  'already_tried',
  'cannot_meet_deadline',
  'pool_dead',
  'breaker_open',
  'paused',
  'stopped',
  'held',
  'tag_missing',
  'forbidden_by_rule',
  'avoided',
  'retired',
] as const;

export type ExclusionCode = (typeof exclusionCodes)[number];

export interface RouteExclusion {
  readonly model: string;
  readonly code: ExclusionCode;
  /** With the figures that decided it. */
  readonly reason: string;
  /** What it would probably have cost; absent for a model that is not configured. */
  readonly expectedNanoUsd?: string | undefined;
  /** How long it would have taken; absent when nothing was measured. */
  readonly expectedMs?: number | undefined;
  readonly quality?: QualityFigure | undefined;
}

export interface RoutePlan {
  readonly requested: string;
  readonly strategy: RouteStrategy | 'listed';
  /** What the parts of the scores weighed; absent where no weights were used. */
  readonly weights?: ScoreWeights | undefined;
  readonly candidates: readonly RouteCandidate[];
  readonly exclusions: readonly RouteExclusion[];
  readonly catalogVersion: string;
  /** Server time in milliseconds since 1970. */
  readonly plannedAtMs: number;
  /** Rules, preferences and the like that had a part in it; absent when none had. */
  readonly because?: readonly string[];
}

/** `paused`: its jobs wait. `draining`: those that another model can take leave it. */
export const laneHolds = ['paused', 'draining'] as const;

export type LaneHold = (typeof laneHolds)[number];

/** What is known about a model right now, over all processes. */
export interface ModelLive extends CallFigures {
  /** Smoothed time from call to answer; `undefined` before the first answer. */
  readonly serviceMs: number | undefined;
  /** Jobs that wait for the model, in the backlog and in the window. */
  readonly waiting: number;
  readonly running: number;
  readonly concurrency: number;
  /** Whether a worker process with a pool for the model gave a sign of life lately. */
  readonly poolAlive: boolean;
  /** Until when every deployment is paused; 0 when one is free to go. */
  readonly pausedUntilMs: number;
  /** Real tokens for each guessed one, by what prompts are made of; only classes that were seen. */
  readonly tokenFactors?: Readonly<Partial<Record<ContentClass, number>>>;
  /** Whether every deployment is stopped (credentials or quota). */
  readonly stopped: boolean;
  /** How an operator holds the model, if one does. */
  readonly held?: LaneHold | undefined;
  /** Complete answers in a second, of the last few seconds. */
  readonly answersPerSecond?: number;
  /** Jobs that wait, in the backlog and in the window, by class. */
  readonly waitingByClass?: Readonly<Partial<Record<PriorityClass, number>>>;
  /** How long the oldest of the jobs that are next in line in the backlog has waited. */
  readonly oldestWaitMs?: Readonly<Partial<Record<PriorityClass, number>>>;
  /** In configured order. */
  readonly deployments?: readonly DeploymentLive[];
}

/** Live figures by model; a model without an entry counts as unknown and eligible. */
export interface LiveSnapshot {
  readonly takenAtMs: number;
  readonly models: ReadonlyMap<string, ModelLive>;
}
