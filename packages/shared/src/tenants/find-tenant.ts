/** The tenant that somebody names, if there is one: what is written of others is about nobody. */
import { ForebayError } from '../domain/forebay-error.ts';
import type { TenantId } from '../domain/ids.ts';
import { type Tenant, tenantWithoutRecord } from '../domain/tenant.ts';
import type { KeyStore } from '../ports/key-store.ts';
import type { TenantStore } from '../ports/tenant-store.ts';

export interface FindTenantDeps {
  readonly tenants: Pick<TenantStore, 'read'>;
  readonly keys: Pick<KeyStore, 'list'>;
}

/**
 * One of an earlier version has keys and no record.
 *
 * @throws ForebayError `not_found`
 */
export async function findTenant({ tenants, keys }: FindTenantDeps, id: TenantId): Promise<Tenant> {
  const tenant = await tenants.read(id);
  if (tenant !== undefined) return tenant;
  if ((await keys.list(id)).length > 0) return tenantWithoutRecord(id);
  throw noSuchTenant(id);
}

/** @param id `undefined` for a text that can be no tenant's name. */
export function noSuchTenant(id?: TenantId): ForebayError {
  const named = id === undefined ? 'such tenant' : `tenant ${id}`;
  return new ForebayError('not_found', `There is no ${named}. Check the name, or make it first.`);
}
