/** What operators do with tenants; the commands and the admin API both call this. */
import { ForebayError } from '../domain/forebay-error.ts';
import type { TenantId } from '../domain/ids.ts';
import type { Tenant, TenantSettings, TenantStatus } from '../domain/tenant.ts';
import type { TenantTermsStore } from '../ports/tenant-terms-store.ts';
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

export interface TenantStatusDeps extends WriteTenantDeps {
  readonly terms: Pick<TenantTermsStore, 'edit'>;
}

/**
 * Suspends a tenant: no new jobs, and none that waits is started; what runs goes on. Resuming ends
 * both, and a pause too. Doing it again changes nothing but the time.
 */
export async function setTenantStatus(
  { terms, ...deps }: TenantStatusDeps,
  id: TenantId,
  status: TenantStatus,
): Promise<Tenant> {
  // Whatever comes between the two is on the safe side: jobs are taken in last, and refused first.
  const paused = status === 'suspended';
  if (!paused) await terms.edit(id, (before) => ({ ...before, paused }));
  const tenant = await writeTenant(deps, { id, change: (before) => ({ ...before, status }) });
  if (paused) await terms.edit(id, (before) => ({ ...before, paused }));
  return tenant;
}

function checked(tenant: Tenant): Tenant {
  requireTenantSettings(tenant);
  return tenant;
}
