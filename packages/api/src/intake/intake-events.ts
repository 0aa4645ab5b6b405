/** What intake tells its listeners (logs, metrics). */
import type { JobId, TenantId } from '@forebay/shared/domain/ids';
import type { JobState } from '@forebay/shared/domain/job-state';
import type { Events } from '@forebay/shared/telemetry/events';

export type IntakeEventMap = {
  'job.admitted': { job: JobId; tenant: TenantId; model: string; priority: number };
  'job.replayed': { job: JobId; tenant: TenantId };
  /** A submission was answered: the job stands, or stood already. */
  'job.acknowledged': { durationMs: number };
  /** Here ends what is cancelled while it waits; workers end the others. */
  'job.ended': { job: JobId; tenant: TenantId; state: JobState };
  'job.cancel_requested': { job: JobId; tenant: TenantId; state: JobState };
  'job.changed': { job: JobId; tenant: TenantId; state: JobState };
  'job.deleted': { job: JobId; tenant: TenantId };
  /** The job stands; the reconciler brings its ticket. */
  'ticket.placement_failed': { job: JobId; tenant: TenantId; error: unknown };
  'ticket.withdrawal_failed': { job: JobId; tenant: TenantId; error: unknown };
  /** A waiting caller got the last known record, because the store did not answer. */
  'wait.read_failed': { job: JobId; error: unknown };
};

export type IntakeEvents = Pick<Events<IntakeEventMap>, 'emit'>;
