/** What the routes about tenants, their keys and their budgets work with. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { parseTenantId, type TenantId } from '@forebay/shared/domain/ids';
import type { KeyStore } from '@forebay/shared/ports/key-store';
import type { TenantStore } from '@forebay/shared/ports/tenant-store';
import type { TenantTermsStore } from '@forebay/shared/ports/tenant-terms-store';
import type { AdminCall } from '../../http/api-call.ts';
import type { AuditedDeps } from '../audited.ts';

export interface TenantsDeps extends AuditedDeps {
  readonly tenants: TenantStore;
  readonly keys: KeyStore;
  readonly terms: TenantTermsStore;
  readonly pepper: string;
}

export const tenantsPath = '/admin/v1/tenants';

/**
 * The tenant that the path names, if it has a record or a key: what is written about others would
 * be about nobody.
 *
 * @throws ForebayError `not_found`
 */
export async function requireTenant(
  { tenants, keys }: Pick<TenantsDeps, 'tenants' | 'keys'>,
  call: Pick<AdminCall, 'params'>,
): Promise<TenantId> {
  const tenant = parseTenantId(call.params['tenant'] ?? '');
  if (tenant === undefined) throw noSuchTenant();
  if ((await tenants.read(tenant)) !== undefined) return tenant;
  if ((await keys.list(tenant)).length > 0) return tenant;
  throw noSuchTenant();
}

function noSuchTenant(): ForebayError {
  return new ForebayError('not_found', 'There is no such tenant. Check the name.');
}
