/** What operators do with tenants; the commands and the admin API both call this. */
import { ForebayError } from '../domain/forebay-error.ts';
import type { TenantId } from '../domain/ids.ts';
import type { Tenant, TenantSettings, TenantStatus } from '../domain/tenant.ts';
import { requireTenantSettings } from './check-settings.ts';
import { type WriteTenantDeps, writeTenant } from './write-tenant.ts';

/** @throws ForebayError `tenant_exists`, `invalid_request`. */
export async function createTenant(
  deps: WriteTenantDeps,
  id: TenantId,
  settings: Partial<TenantSettings>,
): Promise<Tenant> {
  return writeTenant(deps, {
    id,
    change(tenant) {
      if (tenant.version > 0) {
        throw new ForebayError(
          'tenant_exists',
          `There is a tenant ${id} already. Change that one.`,
        );
      }
      return checked({ ...tenant, ...settings });
    },
  });
}

export interface TenantChange {
  readonly id: TenantId;
  readonly version?: number | undefined;
  readonly settings: Partial<TenantSettings>;
}

/** @throws ForebayError `invalid_request`, `version_mismatch`. */
export async function changeTenant(deps: WriteTenantDeps, change: TenantChange): Promise<Tenant> {
  const { id, version, settings } = change;
  return writeTenant(deps, {
    ...{ id, version },
    change: (tenant) => checked({ ...tenant, ...settings }),
  });
}

/** Suspends or resumes; doing it again changes nothing but the time. */
export async function setTenantStatus(
  deps: WriteTenantDeps,
  id: TenantId,
  status: TenantStatus,
): Promise<Tenant> {
  return writeTenant(deps, { id, change: (tenant) => ({ ...tenant, status }) });
}

function checked(tenant: Tenant): Tenant {
  requireTenantSettings(tenant);
  return tenant;
}
