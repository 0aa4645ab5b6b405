/**
 * The port that looks an idempotency key up without writing. Admission alone decides (S2); this
 * only lets a repeated submission find its job when it could no longer be admitted anew, because
 * its deadline has passed or its model is gone.
 */
import type { JobId, TenantId } from '../domain/ids.ts';

export interface IdempotencyRecord {
  readonly fingerprint: string;
  readonly job: JobId;
}

export interface IdempotencyLookup {
  find(tenant: TenantId, keyHash: string): Promise<IdempotencyRecord | undefined>;
}
