/** The port that seals payloads and results before they are stored. */
import type { JobId, TenantId } from '../domain/ids.ts';

/** What a sealed blob is bound to, so that it cannot be swapped with another. */
export interface SealContext {
  readonly tenant: TenantId;
  readonly job: JobId;
  readonly field: 'payload' | 'result' | 'delta';
}

export interface PayloadSeal {
  seal(context: SealContext, plain: Uint8Array): Promise<Uint8Array>;
  /** @throws ForebayError `internal` when the bytes were not sealed under this context. */
  open(context: SealContext, sealed: Uint8Array): Promise<Uint8Array>;
}
