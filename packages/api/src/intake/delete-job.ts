/**
 * Deletes a job that has ended: first its record, then what lies outside the store. Whoever dies
 * between the two leaves objects that only the worker's sweeper finds again; the call can be
 * repeated.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JobId, TenantId } from '@forebay/shared/domain/ids';
import type { PayloadVault } from '@forebay/shared/payloads/payload-vault';
import type { JobStore } from '@forebay/shared/ports/job-store';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import type { IntakeEvents } from './intake-events.ts';
import { noSuchJob } from './read-job.ts';

export interface DeleteJobDeps {
  readonly jobs: Pick<JobStore, 'delete'>;
  readonly vault: Pick<PayloadVault, 'discard'>;
  readonly events: IntakeEvents;
}

/** @throws ForebayError `not_found`, `job_not_ended`. */
export async function deleteJob(deps: DeleteJobDeps, tenant: TenantId, id: JobId): Promise<void> {
  const result = await deps.jobs.delete({ tenant, id });
  if (result.kind === 'missing') throw noSuchJob();
  if (result.kind === 'live') {
    throw new ForebayError(
      'job_not_ended',
      `The job is ${result.state}. Cancel it first, or wait for its end.`,
    );
  }
  crashPoint('api.after-delete');
  for (const packed of result.packed) await deps.vault.discard(packed);
  deps.events.emit('job.deleted', { job: id, tenant });
}
