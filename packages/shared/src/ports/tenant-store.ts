/** The port to the records of tenants. */
import type { TenantId } from '../domain/ids.ts';
import type { Tenant } from '../domain/tenant.ts';

export interface TenantStore {
  /** `undefined` for a tenant without a record, which can have keys and jobs all the same. */
  read(id: TenantId): Promise<Tenant | undefined>;
  /** All that have a record, by name. */
  list(): Promise<readonly Tenant[]>;
  /**
   * Writes the record if the stored one has the version before; version 1 must be new. The same
   * record again is `written`.
   */
  write(tenant: Tenant): Promise<'written' | 'conflict'>;
}
