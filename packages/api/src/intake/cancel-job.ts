/** Cancels a job: at once while it waits, through its worker while it runs. Idempotent. */
import type { JobId, TenantId } from '@forebay/shared/domain/ids';
import { ticketId } from '@forebay/shared/domain/ids';
import type { JobRecord } from '@forebay/shared/domain/job';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { LaneStore } from '@forebay/shared/ports/lane-store';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import type { IntakeEvents } from './intake-events.ts';
import { noSuchJob } from './read-job.ts';

export interface CancelJobDeps {
  readonly jobs: Pick<JobStore, 'cancel'>;
  readonly lanes: Pick<LaneStore, 'withdraw'>;
  readonly events: IntakeEvents;
}

/**
 * @returns the record as it stands afterwards, in whatever state the job was.
 * @throws ForebayError `not_found`
 */
export async function cancelJob(
  deps: CancelJobDeps,
  tenant: TenantId,
  id: JobId,
): Promise<JobRecord> {
  const result = await deps.jobs.cancel({ tenant, id });
  if (result.kind === 'missing') throw noSuchJob();
  crashPoint('api.after-cancel');
  const { record } = result;
  deps.events.emit('job.cancel_requested', { job: id, tenant, state: record.state });
  if (result.kind === 'cancelled') {
    deps.events.emit('job.ended', { job: id, tenant, state: 'cancelled' });
    await withdrawTicket(deps, record);
  }
  return record;
}

/** Frees the place in the queue early; a ticket that stays behind ends silently (S4). */
async function withdrawTicket(deps: CancelJobDeps, record: JobRecord): Promise<void> {
  try {
    await deps.lanes.withdraw(record.model, ticketId(record.id, record.fence));
  } catch (error) {
    // Going on is safe: the job is cancelled, and a worker that meets the ticket drops it.
    deps.events.emit('ticket.withdrawal_failed', { job: record.id, tenant: record.tenant, error });
  }
}
