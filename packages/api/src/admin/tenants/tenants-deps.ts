/** What the routes about tenants, their keys and their budgets work with. */
import { parseTenantId, type TenantId } from '@forebay/shared/domain/ids';
import type { KeyStore } from '@forebay/shared/ports/key-store';
import type { TenantStore } from '@forebay/shared/ports/tenant-store';
import type { TenantTermsStore } from '@forebay/shared/ports/tenant-terms-store';
import { findTenant, noSuchTenant } from '@forebay/shared/tenants/find-tenant';
import type { AdminCall } from '../../http/api-call.ts';
import type { AuditedDeps } from '../audited.ts';

export interface TenantsDeps extends AuditedDeps {
  readonly tenants: TenantStore;
  readonly keys: KeyStore;
  readonly terms: TenantTermsStore;
  readonly pepper: string;
}

export const tenantsPath = '/admin/v1/tenants';

/** The tenant that the path names. @throws ForebayError `not_found` */
export async function requireTenant(
  deps: Pick<TenantsDeps, 'tenants' | 'keys'>,
  call: Pick<AdminCall, 'params'>,
): Promise<TenantId> {
  const tenant = parseTenantId(call.params['tenant'] ?? '');
  if (tenant === undefined) throw noSuchTenant();
  await findTenant(deps, tenant);
  return tenant;
}
