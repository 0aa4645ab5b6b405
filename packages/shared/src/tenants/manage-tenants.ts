/** What operators do with tenants; the commands and the admin API both call this. */
import { ForebayError } from '../domain/forebay-error.ts';
import type { TenantId } from '../domain/ids.ts';
import type { Tenant, TenantSettings, TenantStatus } from '../domain/tenant.ts';
import type { TenantTermsStore } from '../ports/tenant-terms-store.ts';
import { requireTenantSettings } from './check-settings.ts';
import { type InFlightChange, setInFlightMax } from './in-flight.ts';
import { type WriteTenantDeps, writeTenant } from './write-tenant.ts';

export interface ManageTenantsDeps extends WriteTenantDeps {
  readonly terms: Pick<TenantTermsStore, 'edit'>;
}

export interface NewTenant {
  readonly id: TenantId;
  readonly settings: Partial<TenantSettings>;
  readonly inFlight?: InFlightChange;
}

/** @throws ForebayError `tenant_exists`, `invalid_request`. */
export async function createTenant(
  deps: ManageTenantsDeps,
  { id, settings, inFlight = {} }: NewTenant,
): Promise<Tenant> {
  const made = await writeTenant(deps, {
    id,
    change(tenant) {
      if (tenant.version > 0) {
        throw new ForebayError(
          'tenant_exists',
          `There is a tenant ${id} already. Change that one.`,
        );
      }
      return checked({ ...tenant, ...settings }, inFlight);
    },
  });
  await setInFlightMax(deps.terms, { tenant: id, subject: { kind: 'tenant' } }, inFlight);
  return made;
}

export interface TenantChange extends NewTenant {
  readonly version?: number | undefined;
}

/** @throws ForebayError `invalid_request`, `version_mismatch`. */
export async function changeTenant(deps: ManageTenantsDeps, change: TenantChange): Promise<Tenant> {
  const { id, version, settings, inFlight = {} } = change;
  const changed = await writeTenant(deps, {
    ...{ id, version },
    change: (tenant) => checked({ ...tenant, ...settings }, inFlight),
  });
  await setInFlightMax(deps.terms, { tenant: id, subject: { kind: 'tenant' } }, inFlight);
  return changed;
}

/**
 * Suspends a tenant: no new jobs, and none that waits is started; what runs goes on. Resuming ends
 * both, and a pause too. Doing it again changes nothing but the time.
 */
export async function setTenantStatus(
  { terms, ...deps }: ManageTenantsDeps,
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

function checked(tenant: Tenant, inFlight: InFlightChange): Tenant {
  requireTenantSettings(tenant, inFlight);
  return tenant;
}
