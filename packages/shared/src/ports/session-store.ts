/** The port to the models that sessions stay with. */
import type { TenantId } from '../domain/ids.ts';

/** One session of a tenant's, and what its jobs name. */
export interface SessionRef {
  readonly tenant: TenantId;
  readonly session: string;
  readonly requested: string;
}

export interface SessionStore {
  /** The model; `undefined` for a session that is new or has been quiet for too long. */
  read(ref: SessionRef): Promise<string | undefined>;
  /** From now on this model, for as long. */
  pin(ref: SessionRef, pin: { readonly model: string; readonly keptMs: number }): Promise<void>;
}
