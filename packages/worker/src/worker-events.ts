/** What a worker process tells its listeners (logs, metrics). Ids and numbers, never content. */
import type { Events } from '@forebay/shared/telemetry/events';

type JobFields = { readonly job: string; readonly model: string };

export type WorkerEventFields = {
  'attempt.started': JobFields & { readonly fence: number; readonly deployment: string };
  'attempt.ended': JobFields & {
    readonly fence: number;
    readonly deployment: string;
    readonly outcome: string;
    readonly ambiguity: string;
    readonly durationMs: number;
  };
  'job.ended': JobFields & { readonly state: string };
  'job.reassigned': JobFields & { readonly from: string; readonly reason: string };
  'ticket.stale': JobFields & { readonly fence: number };
  'ticket.repaired': JobFields & { readonly fence: number };
  'permit.denied': { readonly model: string; readonly scarce: string; readonly retryInMs: number };
  'deployment.stopped': { readonly deployment: string; readonly reason: string };
  'lease.unanswered': JobFields & { readonly fence: number };
  'lease.lost': JobFields & { readonly fence: number };
  'answer.adopted': JobFields & { readonly fence: number };
  'answer.wasted': JobFields & { readonly fence: number };
  /** The stored request could not be read, this time. */
  'payload.unreadable': { readonly job: string; readonly error: unknown };
  'record.parked': { readonly job: string; readonly reason: string };
  'loop.failed': { readonly loop: string; readonly error: unknown };
  'store.retry': { readonly step: string; readonly error: unknown };
  'journal.failed': { readonly error: unknown };
  /** An answer that was left behind cannot be settled; it stays in its journal. */
  'journal.entry_failed': { readonly entry: string; readonly error: unknown };
  /** A large answer stands beside its record, because the object store did not take it. */
  'answer.kept_inline': { readonly job: string; readonly error: unknown };
  'webhook.attempted': { readonly eventId: string; readonly outcome: string };
};

export type WorkerEvents = Events<WorkerEventFields>;
