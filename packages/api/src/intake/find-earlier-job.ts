/** Finds the job that an idempotency key has made before, without asking admission. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { TenantId } from '@forebay/shared/domain/ids';
import type { JobRecord } from '@forebay/shared/domain/job';
import type { IdempotencyLookup } from '@forebay/shared/ports/idempotency-lookup';
import type { IdempotencyClaim, JobStore } from '@forebay/shared/ports/job-store';
import { findRecord } from './read-job.ts';

export interface FindEarlierJobDeps {
  readonly jobs: Pick<JobStore, 'read'>;
  readonly idempotency: IdempotencyLookup;
}

/**
 * A repeated submission must find its job even when it could not be admitted anew (I3). A key
 * whose job has left the store is free again: admission decides as for a new one.
 *
 * @throws ForebayError `idempotency_mismatch`
 */
export async function findEarlierJob(
  deps: FindEarlierJobDeps,
  tenant: TenantId,
  claim: IdempotencyClaim | undefined,
): Promise<JobRecord | undefined> {
  const known = claim && (await deps.idempotency.find(tenant, claim.keyHash));
  if (claim === undefined || known === undefined) return undefined;
  const record = await findRecord(deps, tenant, known.job);
  if (record === undefined) return undefined;
  if (known.fingerprint !== claim.fingerprint) throw keyUsedOtherwise();
  return record;
}

/** @param what the key makes. */
export function keyUsedOtherwise(what = 'job'): ForebayError {
  return new ForebayError(
    'idempotency_mismatch',
    'This Idempotency-Key was used with another request. Send the same body as the first time, ' +
      `or a new key for a new ${what}.`,
    { param: 'Idempotency-Key' },
  );
}
