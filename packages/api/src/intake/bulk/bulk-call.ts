/** What a bulk call is: whose, under which key and batch, and what a bad line means for it. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '@forebay/shared/domain/canonical-json';
import { derivedToken, newToken, type TenantId } from '@forebay/shared/domain/ids';
import type { IntakeGrants } from '@forebay/shared/tenants/intake-grants';
import type { HeaderLookup } from '../direct-request.ts';

/**
 * `reject_line`: a bad line is refused and the others go on. `abort`: the first bad line ends the
 * call; what was accepted stays. `atomic`: all lines or none.
 */
export const bulkErrorModes = ['reject_line', 'abort', 'atomic'] as const;

export type BulkErrorMode = (typeof bulkErrorModes)[number];

export interface BulkCall {
  readonly tenant: TenantId;
  /** Public id of the key that calls. */
  readonly keyId: string;
  /** In whose name it pays and counts. */
  readonly payerKeyId: string;
  /** What it may ask for. */
  readonly grants: IntakeGrants;
  readonly headers: HeaderLookup;
  readonly method: string;
  readonly pathTemplate: string;
  /** From the `Idempotency-Key` header. */
  readonly idempotencyKey: string | undefined;
  /** Written into every job; the same for every call with the same key. */
  readonly batchId: string;
  readonly onError: BulkErrorMode;
  /** As `StreamedCall` has it. */
  readonly requireStillAllowed: () => Promise<void>;
  /** Ends the call: the caller hung up or the process shuts down. */
  readonly signal: AbortSignal;
}

/** `bulk_…`: what is sent again under the same key goes on with the same batch. */
export function bulkBatchId(tenant: TenantId, idempotencyKey: string | undefined): string {
  if (idempotencyKey === undefined) return newToken('bulk');
  const named = canonicalJson([tenant, idempotencyKey]);
  return derivedToken('bulk', createHash('sha256').update(named, 'utf8').digest());
}
