/**
 * The port to the job records. Every change is one atomic step that checks the expected state
 * and fence (S1), can be repeated after a lost reply, and tells "lost the race" (`conflict`)
 * from "not there" (`missing`).
 */
import type { JobId, TenantId } from '../domain/ids.ts';
import type {
  AttemptEnd,
  JobError,
  JobRecord,
  JobSpec,
  ParkedRecord,
  StatusReason,
} from '../domain/job.ts';
import type { JobState, TerminalJobState } from '../domain/job-state.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { MoveCause } from '../domain/move-cause.ts';
import type { PriceSnapshot } from '../domain/price-snapshot.ts';
import type { JobPromotion } from '../domain/promotion.ts';
import type { RouteMove } from '../domain/route-move.ts';
import type { RoutePlan } from '../domain/route-plan.ts';
import type { Usage } from '../domain/usage.ts';

/** Names one job; the tenant says on which shard it lives. */
export interface JobRef {
  readonly tenant: TenantId;
  readonly id: JobId;
}

export interface NewJob extends JobRef {
  readonly spec: JobSpec;
  readonly plan: RoutePlan;
  readonly model: string;
  readonly whyChosen: string;
  readonly priority: number;
  readonly deadlineAtMs: number;
  readonly runAtMs: number | undefined;
  readonly ceiling: NanoUsd;
  /** Worst case of the first attempt; a scheduled job reserves it when it is fed. */
  readonly reservation: NanoUsd;
  /** Whether it is reserved no sooner than with the claim; absent for single jobs. */
  readonly reservesWithClaim?: true | undefined;
  /** Jobs of its API key that may wait, itself included; absent for any number. */
  readonly queuedMax?: number | undefined;
  readonly sealedPayload: Uint8Array;
  readonly idempotency: IdempotencyClaim | undefined;
}

export interface IdempotencyClaim {
  /** SHA-256 over scope and key. */
  readonly keyHash: string;
  /** SHA-256 over the canonical request. */
  readonly fingerprint: string;
}

export type AdmitResult =
  | { readonly kind: 'admitted'; readonly record: JobRecord }
  /** The key is known: it has made this job. */
  | { readonly kind: 'replayed'; readonly id: JobId }
  | { readonly kind: 'idempotency_mismatch' }
  /** As many jobs of its API key wait as may. */
  | { readonly kind: 'queue_full' }
  /** A budget has no room for it, and it may not wait, or waiting cannot help. */
  | {
      readonly kind: 'over_budget';
      /** A budget's id, or `batch:<id>` for the ceiling of a bulk call. */
      readonly account: string;
      /** As in {@link BudgetShortage}. */
      readonly isOfAll: boolean;
      readonly left: NanoUsd;
      /** When the budget begins anew; `undefined` where that never happens, or would not help. */
      readonly renewsAtMs: number | undefined;
      /** Whether the same job may fit later, as the limit stands. */
      readonly mayHelpToWait: boolean;
    }
  /** The tenant's money does not add up; nothing is taken in until an operator has looked. */
  | { readonly kind: 'stopped'; readonly reason: string };

export interface AdmitGroup {
  /** Of one tenant, at most `limits.admitGroupMax`. */
  readonly jobs: readonly NewJob[];
  /**
   * What a refused job (`idempotency_mismatch`, `queue_full`, `over_budget`, `stopped`) means for
   * the others: nothing (`each`), that those after it are withheld, or that none at all is made.
   */
  readonly onRefusal: 'each' | 'until_refused' | 'all_or_none';
  /**
   * A job whose output may be cut is refused with `over_budget`, whatever the policy, rather than
   * made to wait for money: so its caller hears what is left. Only with `each`.
   */
  readonly tellsShort?: boolean;
}

export type GroupAdmitResult =
  | AdmitResult
  /** Not made, because another one of the group was refused. */
  | { readonly kind: 'withheld' };

/** Nothing was changed: the job stands elsewhere than the caller thought. */
export interface Conflict {
  readonly kind: 'conflict';
  readonly state: JobState;
  readonly fence: number;
}

/** There is no such job. */
export interface Missing {
  readonly kind: 'missing';
}

export interface FeedRequest extends JobRef {
  readonly fence: number;
  readonly reservation: NanoUsd;
  /** Hears what a budget has left rather than leaving the job in line: its output may be cut. */
  readonly tellsShort?: boolean;
}

/** The tightest of the budgets that an amount does not fit. */
export interface BudgetShortage {
  readonly left: NanoUsd;
  /** Whether waiting can help with all of them, and none refuses the job. */
  readonly mayWait: boolean;
  /** Whether it is one of all tenants: what that has left is no business of one of them. */
  readonly isOfAll: boolean;
}

export type FeedResult =
  | { readonly kind: 'fed'; readonly record: JobRecord }
  /** Its start time is still ahead. */
  | { readonly kind: 'early'; readonly runAtMs: number }
  /** It waits in line for money or for a place. */
  | { readonly kind: 'held' }
  /** The reservation does not fit its ceiling. */
  | { readonly kind: 'over_ceiling' }
  /** The reservation does not fit a budget; if waiting may help, then only who asked is told. */
  | ({ readonly kind: 'over_budget' } & BudgetShortage)
  | Conflict
  | Missing;

export interface ClaimRequest extends JobRef {
  /** The ticket's fence; the claim raises it by one. */
  readonly fence: number;
  /** Random and made once per claim: the holder asking again gets the same answer (S4). */
  readonly token: string;
  readonly worker: string;
  readonly leaseMs: number;
  readonly model: string;
  readonly deployment: string;
  /** The worst case at the chosen deployment, if below that of the plan. */
  readonly reservation: NanoUsd | undefined;
  /** What the attempt is charged by, kept with it: the price may change before it ends. */
  readonly price?: PriceSnapshot | undefined;
}

export type ClaimResult =
  | { readonly kind: 'claimed'; readonly record: JobRecord; readonly sealedPayload: Uint8Array }
  /** The deadline has passed; the job must be expired, not run. */
  | { readonly kind: 'too_late' }
  /** It has to wait for money or for a place, and has given its ticket up. */
  | { readonly kind: 'held' }
  | Conflict
  | Missing;

export interface RenewRequest extends JobRef {
  readonly fence: number;
  readonly token: string;
  readonly leaseMs: number;
}

export type RenewResult =
  | {
      readonly kind: 'renewed';
      readonly cancelRequested: boolean;
      /** The caller may have moved the deadline since the claim; below zero when it has passed. */
      readonly deadlineInMs: number;
    }
  | Conflict
  | Missing;

/** How an attempt ended, and what that costs. */
export interface AttemptSettlement {
  readonly fence: number;
  readonly end: Omit<AttemptEnd, 'endedAtMs' | 'wasted'>;
}

export interface SettleRequest extends JobRef {
  /** Random and made once: who asks again under the same name has still been the one. */
  readonly settlement: string;
  /** The fence that the job must have; for an attempt, the attempt's own. */
  readonly fence: number;
  /** States in which this settlement is right. */
  readonly from: readonly JobState[];
  /** The attempt that ends with the job; absent for jobs that end while they wait. */
  readonly attempt: AttemptSettlement | undefined;
  /** A cancelling job ends `cancelled` whatever is asked for here. */
  readonly to: TerminalJobState;
  readonly reason: StatusReason;
  readonly error: JobError | undefined;
  readonly usage: Usage | undefined;
  readonly sealedResult: Uint8Array | undefined;
}

export type SettleResult =
  /**
   * Also the answer to a repeated call. `byThis` is false when another settlement had ended the
   * job alike before.
   */
  | { readonly kind: 'settled'; readonly state: TerminalJobState; readonly byThis: boolean }
  /** A late answer was still of use: nothing newer had been sent (S7). */
  | { readonly kind: 'adopted'; readonly byThis: boolean }
  /** A late answer came after a newer attempt: its cost is known now, the answer is waste. */
  | { readonly kind: 'wasted' }
  | Conflict
  | Missing;

export interface ReassignRequest extends JobRef {
  readonly fence: number;
  readonly from: readonly JobState[];
  /** The attempt that failed; absent when the job only waited. */
  readonly attempt: AttemptSettlement | undefined;
  readonly workerDied: boolean;
  readonly model: string;
  readonly plan: RoutePlan;
  readonly whyChosen: string;
  readonly reservation: NanoUsd;
  readonly notBeforeMs: number;
  readonly reason: StatusReason;
  /** What becomes of a job whose new reservation does not fit a budget. */
  readonly whenShort: 'refuse' | 'wait';
  /** Set where it moves because it waited too long. */
  readonly promotion?: Omit<JobPromotion, 'atMs'> | undefined;
  /** Why it moves, where no attempt tells it: for the ledger alone. */
  readonly cause?: MoveCause | undefined;
  /** All moves that are kept, with this one; absent when it only gets a new ticket. */
  readonly moves?: readonly RouteMove[] | undefined;
}

export type ReassignResult =
  /** Also the answer to a repeated call: the record as it stands now. */
  | { readonly kind: 'reassigned'; readonly record: JobRecord }
  /** Spent, unknown and the new reservation together would pass the ceiling. */
  | { readonly kind: 'over_ceiling' }
  /** A budget has no room for the new reservation; nothing was changed. */
  | ({ readonly kind: 'short' } & BudgetShortage)
  | Conflict
  | Missing;

export type CancelResult =
  | { readonly kind: 'cancelled' | 'cancelling' | 'already_ended'; readonly record: JobRecord }
  | Missing;

export interface ChangeRequest extends JobRef {
  /** What the caller has seen; `undefined` changes whatever stands. */
  readonly version: number | undefined;
  /** The same for two calls that ask for the same: the second is answered like the first. */
  readonly mark: string;
  /** These three: `undefined` keeps what stands. */
  readonly priority: number | undefined;
  readonly deadlineAtMs: number | undefined;
  readonly ceiling: NanoUsd | undefined;
}

export type ChangeResult =
  | {
      /**
       * `other_version`: it has changed since the caller looked. `below_use`: more than the new
       * ceiling is held or charged. `fixed`: it has ended, or is being cancelled.
       */
      readonly kind: 'changed' | 'other_version' | 'below_use' | 'fixed';
      /** As it stands afterwards. */
      readonly record: JobRecord;
    }
  | Missing;

export type DeleteResult =
  | {
      /** Also the answer to a repeated call, for as long as the record would have been kept. */
      readonly kind: 'deleted';
      /** Payload and answer as the vault had packed them, where they stand outside the store. */
      readonly packed: readonly Uint8Array[];
    }
  /** It has not ended. */
  | { readonly kind: 'live'; readonly state: JobState }
  | Missing;

export interface DueJob extends JobRef {
  readonly dueAtMs: number;
}

/** After which job a walk through a list goes on; the job itself may be gone by then. */
export interface ListPlace {
  readonly createdAtMs: number;
  readonly id: JobId;
}

export interface JobListQuery {
  readonly tenant: TenantId;
  /** Only the jobs of one bulk call. */
  readonly batchId: string | undefined;
  /** Any of these; all when empty. */
  readonly states: readonly JobState[];
  readonly model: string | undefined;
  /** Made then or later. */
  readonly createdFromMs: number | undefined;
  readonly createdBeforeMs: number | undefined;
  readonly after: ListPlace | undefined;
  /** Jobs to find at the most. */
  readonly limit: number;
}

export interface JobPage {
  /** Newest first. A job that an earlier version archived may be of another model. */
  readonly ids: readonly JobId[];
  /** Where to look on; `undefined` when there are no more. A page may be empty before that. */
  readonly goesOnAfter: ListPlace | undefined;
}

export interface JobStore {
  admit(job: NewJob, options?: Pick<AdmitGroup, 'tellsShort'>): Promise<AdmitResult>;
  /**
   * Admits jobs in one step, as if one after the other: of two with the same key the first counts.
   *
   * @returns a result for each job, in their order.
   */
  admitGroup(group: AdmitGroup): Promise<readonly GroupAdmitResult[]>;
  read(ref: JobRef): Promise<JobRecord | ParkedRecord | undefined>;
  /** The same for several jobs, in their order; one whose archived form is damaged is parked. */
  readMany(refs: readonly JobRef[]): Promise<readonly (JobRecord | ParkedRecord | undefined)[]>;
  /** Sets the ceiling of a bulk call, once, before its first line is admitted. */
  limitBatch(tenant: TenantId, batchId: string, ceiling: NanoUsd): Promise<void>;
  /** Looks through at most `limits.listLooksMax` jobs of a tenant for some that fit. */
  list(query: JobListQuery): Promise<JobPage>;
  readPayload(ref: JobRef): Promise<Uint8Array | undefined>;
  readResult(ref: JobRef): Promise<Uint8Array | undefined>;
  feed(request: FeedRequest): Promise<FeedResult>;
  claim(request: ClaimRequest): Promise<ClaimResult>;
  renew(request: RenewRequest): Promise<RenewResult>;
  settle(request: SettleRequest): Promise<SettleResult>;
  reassign(request: ReassignRequest): Promise<ReassignResult>;
  cancel(ref: JobRef): Promise<CancelResult>;
  /** A job that waits gets a new fence where its ticket would have to say something else. */
  change(request: ChangeRequest): Promise<ChangeResult>;
  /**
   * Forgets a job that has ended, wherever it stands. Its idempotency key stays taken for as long
   * as its record would have been kept.
   */
  delete(ref: JobRef): Promise<DeleteResult>;
  /** Jobs whose next check is due, earliest first, at most `limit`. */
  listDue(shard: number, limit: number): Promise<readonly DueJob[]>;
  /** Sets the next check of a due job, unless the job has got another check time since. */
  postpone(due: DueJob, dueAtMs: number): Promise<void>;
  /** Brings the next check of jobs forward: at the latest `withinMs` from now. */
  hasten(refs: readonly JobRef[], withinMs: number): Promise<void>;
  /** Takes a job whose record is gone out of its due set. */
  forget(ref: JobRef): Promise<void>;
  /** Server time in milliseconds since 1970. */
  nowMs(): Promise<number>;
  readonly shardCount: number;
}
