/** What a worker process tells its listeners (logs, metrics). Ids and numbers, never content. */
import type { NanoUsd } from '@forebay/shared/domain/money';
import type { Usage } from '@forebay/shared/domain/usage';
import type { ShadowRefusal } from '@forebay/shared/routing/shadow';
import type { ConfigEventFields } from '@forebay/shared/telemetry/config-events';
import type { Events } from '@forebay/shared/telemetry/events';
import type { PayerRefusal } from '@forebay/shared/tenants/shadow-payer';
import type { SeenBudget } from './dispatch/watch-thresholds.ts';
import type { UsageRefusal } from './settlement/refused-usage.ts';

/** What an attempt was charged. */
interface Charged {
  readonly costNanoUsd: NanoUsd;
  readonly costIs: 'exact' | 'worst_case' | 'none';
}

/** What became of a job that was drawn for a shadow; `unfit`: the model cannot take it. */
export type ShadowOutcome = 'made' | 'over_budget' | 'unfit' | ShadowRefusal | PayerRefusal;

type JobFields = { readonly job: string; readonly model: string };

export type WorkerEventFields = ConfigEventFields & {
  'attempt.started': JobFields & {
    readonly fence: number;
    readonly deployment: string;
    readonly priority: number;
    /** `first`: since the job could have started. `next`: since its last attempt ended. */
    readonly waited: 'first' | 'next';
    readonly waitedMs: number;
  };
  'attempt.ended': JobFields & {
    readonly fence: number;
    readonly deployment: string;
    readonly outcome: string;
    readonly ambiguity: string;
    readonly durationMs: number;
    readonly firstByteMs: number | undefined;
    readonly usage: Usage | undefined;
  } & Charged;
  /** A provider's count of an answered call was not believed; the reservation was charged. */
  'usage.refused': JobFields & { readonly deployment: string; readonly reason: UsageRefusal };
  /** Its worker stopped answering, and the dispatcher has charged the worst case. */
  'attempt.lost': JobFields & { readonly deployment: string } & Charged;
  'job.ended': JobFields & { readonly state: string };
  'job.reassigned': JobFields & { readonly from: string; readonly reason: string };
  /** One that waited too long; `premiumNanoUsd` is what it will probably cost more. */
  'job.promoted': JobFields & {
    readonly from: string;
    readonly premiumNanoUsd: NanoUsd;
    readonly savedMs: number | undefined;
  };
  /** `job` is the one that the shadow repeats, `model` the shadow's. */
  'shadow.judged': JobFields & { readonly route: string; readonly outcome: ShadowOutcome };
  'ticket.stale': JobFields & { readonly fence: number };
  'ticket.repaired': JobFields & { readonly fence: number };
  /** Tickets brought from the backlog into the window. */
  'tickets.fed': { readonly model: string; readonly count: number };
  /** From the arrival of a ticket in this process to its permit. */
  'permit.granted': { readonly model: string; readonly waitedMs: number };
  'permit.denied': { readonly model: string; readonly scarce: string; readonly retryInMs: number };
  'deployment.stopped': { readonly deployment: string; readonly reason: string };
  /** The breaker of a deployment opened, let calls in again, or has let all in that it may. */
  'breaker.changed': {
    readonly model: string;
    readonly deployment: string;
    readonly state: 'open' | 'ramping' | 'closed';
    /** Class of the failure that opened it. */
    readonly reason: string;
    readonly openMs: number;
  };
  'lease.unanswered': JobFields & { readonly fence: number };
  'lease.lost': JobFields & { readonly fence: number };
  'answer.adopted': JobFields & { readonly fence: number };
  'answer.wasted': JobFields & { readonly fence: number };
  /** The stored request could not be read, this time. */
  'payload.unreadable': { readonly job: string; readonly error: unknown };
  'record.parked': { readonly job: string; readonly reason: string };
  /** A counter of a tenant's money is not what the ledger and the open jobs say. */
  'money.drifted': {
    readonly tenant: string;
    readonly counter: string;
    readonly mustBe: string;
    readonly says: string;
  };
  /** One round over all tenants: those whose counters differ, and those only looked at in part. */
  'money.audited': { readonly drifting: number; readonly skipped: number };
  /** How the budgets of all tenants stand, at one look of this dispatcher. */
  'global_budgets.seen': { readonly budgets: readonly SeenBudget[] };
  /** So much of a budget of all tenants has been charged; told by one dispatcher, once. */
  'global_budget.threshold': { readonly period: string; readonly percent: number };
  /** No further job of the tenant is taken in, because its money does not add up. */
  'tenant.stopped': { readonly tenant: string };
  /** `written` to a segment, and `count` of them with a pointer in the record's place. */
  /** Lines of the ledger that stand in a segment now. */
  'ledger.kept': { readonly lines: number; readonly bytes: number };
  'jobs.archived': { readonly count: number; readonly written: number };
  /** Objects that nobody needs any more: `payload`, `result`, `segment` or `unfinished`. */
  'objects.deleted': { readonly kind: string; readonly count: number; readonly bytes: number };
  'object.delete_failed': { readonly kind: string; readonly key: string; readonly error: unknown };
  /** The data folder belongs to another store; nothing in it is deleted. */
  'retention.refused': Readonly<Record<never, never>>;
  /** One round of a dispatcher's loop. */
  'loop.round': { readonly loop: string; readonly durationMs: number };
  'loop.failed': { readonly loop: string; readonly error: unknown };
  /** A call of the store was answered; `durationMs` counts repetitions and pauses. */
  'store.answered': { readonly step: string; readonly durationMs: number };
  'store.retry': { readonly step: string; readonly error: unknown };
  'journal.failed': { readonly error: unknown };
  /** An answer that was left behind cannot be settled; it stays in its journal. */
  'journal.entry_failed': { readonly entry: string; readonly error: unknown };
  /** A large answer stands beside its record, because the object store did not take it. */
  'answer.kept_inline': { readonly job: string; readonly error: unknown };
  /** Text of a running answer could not be shown; the answer itself is not concerned. */
  'deltas.failed': JobFields & { readonly fence: number; readonly error: unknown };
  /** The store was slower than the answer: the attempt shows no more of its text. */
  'deltas.dropped': JobFields & { readonly fence: number };
  'webhook.attempted': {
    readonly eventId: string;
    /** `delivered`, `retry`, `given_up`, `stale` or `postponed`. */
    readonly outcome: string;
    readonly errorClass: string | undefined;
    /** `undefined` when nothing was sent. */
    readonly durationMs: number | undefined;
  };
  /** A registered endpoint was switched off, because it is `gone` or `failing` for too long. */
  'webhook.endpoint_disabled': {
    readonly endpointId: string;
    readonly reason: 'gone' | 'failing';
  };
};

export type WorkerEvents = Events<WorkerEventFields>;
