/**
 * The job record: the truth about a job, as the store keeps it. A BullMQ entry is only a ticket
 * that points here. Prompts and answers are kept beside the record, never inside.
 */
import type { JobErrorCode } from './error-catalog.ts';
import type { JobId, TenantId } from './ids.ts';
import type { JobState } from './job-state.ts';
import type { JobKind } from './model-catalog.ts';
import type { NanoUsd } from './money.ts';
import type { Ambiguity, ErrorClass } from './outcome.ts';
import type { PriceSnapshot } from './price-snapshot.ts';
import type { JobPromotion } from './promotion.ts';
import type { RateLimitHeaders } from './rate-limits.ts';
import type { RouteDirectives } from './route-directives.ts';
import type { RouteMove } from './route-move.ts';
import type { RequestFeatures, RoutePlan, RoutingWishes } from './route-plan.ts';
import type { TraceContext } from './trace-context.ts';
import type { Usage } from './usage.ts';

/** Written into every record; a record with another number is left alone and listed as parked. */
export const recordSchema = 1;

/** What the caller asked for; never changes after admission. */
export interface JobSpec {
  readonly kind: JobKind;
  /** The model, the route, or the list joined by commas, as the caller wrote it. */
  readonly requested: string;
  /** The models in the order of the caller's list; empty for a single model or a route. */
  readonly models: readonly string[];
  readonly features: RequestFeatures;
  /** What rules, preferences and the like decided at intake; absent when nothing did. */
  readonly directives?: RouteDirectives | undefined;
  /** What it asks of its routing; absent when it leaves that to its route. */
  readonly routing?: RoutingWishes | undefined;
  /** What its key could name, models and routes; absent when it could name all. */
  readonly allowedModels?: readonly string[] | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly user: string | undefined;
  readonly customId: string | undefined;
  /** Public id of the API key that submitted it; absent for jobs of earlier versions. */
  readonly keyId?: string | undefined;
  /** The key in whose name it pays, waits and runs; absent when that is the one that submitted. */
  readonly payerKeyId?: string | undefined;
  /** The bulk call that the job came with; absent for single jobs. */
  readonly batchId?: string | undefined;
  /** Whether the answer's text is shown while it is written; absent for most jobs. */
  readonly stream?: true | undefined;
  /** The ended job that this one tries again. */
  readonly retryOf?: JobId | undefined;
  /** The model that gave that one an answer of no use; absent when none did. */
  readonly retriedModel?: string | undefined;
  /** The ended job that this one repeats on another model; absent for jobs of callers. */
  readonly shadowOf?: ShadowOrigin | undefined;
  readonly riskRetries: number;
  /** Whether filtered content may be tried on another model. */
  readonly fallbackOnFilter: boolean;
  /** What follows an answer that misses the form asked for; absent when the caller did not say. */
  readonly onMiss?: OnMiss | undefined;
  readonly webhook: JobWebhook | undefined;
  /** The submission's place in its caller's trace; absent when nothing was traced. */
  readonly trace?: TraceContext | undefined;
}

/**
 * A job whose request a shadow sends to another model, and how its last attempt fared. A shadow
 * has no request of its own, and its answer is not kept (decision 0048).
 */
export interface ShadowOrigin {
  readonly tenant: TenantId;
  readonly id: JobId;
  readonly route: string;
  readonly model: string;
  readonly outcome: AttemptOutcome;
  /** Decimal text. */
  readonly costNanoUsd: string;
  readonly callMs: number;
  readonly firstByteMs?: number | undefined;
}

/**
 * What follows an answer that is not in the form asked for. `move_on`: another attempt, within
 * the allowance of risky ones. `fail`: the end. `accept`: nothing, it is delivered unchecked.
 */
export const onMissNames = ['move_on', 'fail', 'accept'] as const;

export type OnMiss = (typeof onMissNames)[number];

export interface JobWebhook {
  readonly url: string;
  /** Deterministic from tenant and URL. */
  readonly endpointId: string;
  readonly events: readonly JobEventType[];
}

/** Events that a webhook can ask for. */
export const jobEventTypes = [
  'job.succeeded',
  'job.failed',
  'job.cancelled',
  'job.expired',
  'job.started',
  'job.reassigned',
] as const;

export type JobEventType = (typeof jobEventTypes)[number];

/** Events that a webhook gets when it does not say which. */
export const defaultJobEvents: readonly JobEventType[] = [
  'job.succeeded',
  'job.failed',
  'job.cancelled',
  'job.expired',
];

/** One provider call, or the place of one that never left. */
export interface Attempt {
  /** 1, 2, … in order of start, hand-backs included. */
  readonly n: number;
  readonly fence: number;
  readonly model: string;
  readonly deployment: string;
  readonly worker: string;
  readonly startedAtMs: number;
  readonly whyChosen: string;
  /** The worst case that was held for it. */
  readonly reservedNanoUsd: NanoUsd;
  /** What it is charged by, as it stood at the start; absent in records of an earlier version. */
  readonly price?: PriceSnapshot | undefined;
  /** `undefined` while it runs. */
  readonly end: AttemptEnd | undefined;
}

export type AttemptOutcome = 'succeeded' | ErrorClass;

export interface AttemptEnd {
  readonly endedAtMs: number;
  readonly outcome: AttemptOutcome;
  readonly ambiguity: Ambiguity;
  readonly error: AttemptError | undefined;
  readonly usage: Usage | undefined;
  /** What the attempt cost; the worst case when `costIs` is `worst_case`. */
  readonly costNanoUsd: NanoUsd;
  readonly costIs: 'exact' | 'worst_case' | 'none';
  readonly providerRequestId: string | undefined;
  /** What the provider said about its limits with this answer; absent when it said nothing. */
  readonly rateLimits?: RateLimitHeaders | undefined;
  /** Hand-backs do not count against the attempt cap; calls that never left do. */
  readonly counted: boolean;
  /** A late answer that nobody needed any more. */
  readonly wasted: boolean;
  /** From the call to the first byte of its answer; absent when none came. */
  readonly firstByteMs?: number | undefined;
  /** What the dearest candidate would probably have cost; absent for failures. Decimal text. */
  readonly dearestNanoUsd?: string | undefined;
  /** What is wrong with a delivered answer; absent when nothing is to be seen. */
  readonly flaw?: AnswerFlaw | undefined;
}

/**
 * What can be seen of an answer that was delivered: the model refused, or it was cut at an output
 * cap that its caller had not made small.
 */
export type AnswerFlaw = 'refusal' | 'cut';

/** Safe to show: codes and a scrubbed text, never a provider's body. */
export interface AttemptError {
  readonly class: ErrorClass;
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly message: string;
}

export interface StatusReason {
  readonly code: string;
  readonly text: string;
}

export interface JobError {
  readonly code: JobErrorCode;
  readonly message: string;
  readonly class: ErrorClass | undefined;
}

/** Money of one job. `spent + unknown + reserved` never passes `ceiling`. */
export interface JobMoney {
  readonly ceiling: NanoUsd;
  /** Held for the attempt that waits or runs. */
  readonly reserved: NanoUsd;
  /** Charged at known usage. */
  readonly spent: NanoUsd;
  /** Charged at worst case, because nobody knows. */
  readonly unknown: NanoUsd;
}

export interface JobRecord {
  readonly schema: typeof recordSchema;
  readonly id: JobId;
  readonly tenant: TenantId;
  readonly state: JobState;
  readonly statusReason: StatusReason;
  /** Grows by one with every change. */
  readonly version: number;
  /** Grows with every claim and every move; what a ticket and a worker must match. */
  readonly fence: number;
  readonly spec: JobSpec;
  readonly priority: number;
  readonly createdAtMs: number;
  readonly runAtMs: number | undefined;
  readonly startedAtMs: number | undefined;
  readonly finishedAtMs: number | undefined;
  readonly cancelRequestedAtMs: number | undefined;
  readonly deadlineAtMs: number;
  /** When the current claim ends unless renewed; `undefined` when nobody holds the job. */
  readonly leaseUntilMs: number | undefined;
  /** Before this the job must not be offered again (back-off); 0 when free. */
  readonly notBeforeMs: number;
  /** The model that the job waits for or runs on; after the end, the one that answered. */
  readonly model: string;
  readonly whyChosen: string;
  readonly plan: RoutePlan;
  readonly money: JobMoney;
  readonly attempts: readonly Attempt[];
  readonly workerDeaths: number;
  readonly usage: Usage | undefined;
  readonly error: JobError | undefined;
  readonly hasResult: boolean;
  /** What has become of the job, one entry for each version, oldest first. */
  readonly history: readonly JobChange[];
  /** What it waits for in place of a ticket; absent while it waits for nothing but its turn. */
  readonly waitsFor?: WaitsFor | undefined;
  /** How it was moved because it waited too long; absent for most jobs. */
  readonly promotion?: JobPromotion | undefined;
  /** The plans that it has left, oldest first; absent for a job that never moved. */
  readonly moves?: readonly RouteMove[] | undefined;
  /** Where the text of its running answer stands; absent when none was shown. */
  readonly deltas?: DeltaMarks | undefined;
}

/** A waiting job without a ticket. */
export type WaitsFor =
  /** Money: of a budget, or, as `batch:<id>`, of its bulk call. */
  | {
      readonly kind: 'budget';
      readonly account: string;
      /** When the budget begins anew; `undefined` where that never happens, or would not help. */
      readonly renewsAtMs: number | undefined;
    }
  /** As many jobs of its tenant or key run as may; or none may; or its own ceiling is too low. */
  | { readonly kind: 'in_flight' | 'paused' | 'ceiling' };

/** How much of a running answer's text was shown; see `domain/event-id.ts` for the ids. */
export interface DeltaMarks {
  /** Id of the newest piece; 0 when there is none. */
  readonly tailId: number;
  /** Pieces up to this id were dropped to keep the stream within its bound. */
  readonly cutId: number;
  /** Fence of the attempt whose text was shown to its end; 0 when there is none. */
  readonly wholeFence: number;
}

/** How a job stood after one change. */
export interface JobChange {
  readonly version: number;
  readonly atMs: number;
  readonly state: JobState;
  readonly reasonCode: string;
  readonly model: string;
  /** Attempts begun until then. */
  readonly attempts: number;
}

/** Whether a job's state implies a ticket: it waits for its turn, and for nothing else. */
export function wantsTicket({ state, waitsFor }: JobRecord): boolean {
  return state === 'queued' && waitsFor === undefined;
}

/** A record that this version cannot read; it is left untouched. */
export interface ParkedRecord {
  readonly kind: 'parked';
  readonly reason: string;
}

/** Whether a read gave a record that this version understands. */
export function isRecord(value: JobRecord | ParkedRecord | undefined): value is JobRecord {
  return value !== undefined && !('kind' in value);
}
