/** Holds a tenant's jobs back or lets them go on; the commands and the admin API both call it. */
import type { TenantId } from '../domain/ids.ts';
import { type Tenant, tenantWithoutRecord } from '../domain/tenant.ts';
import { type ManageTenantsDeps, setTenantStatus } from './manage-tenants.ts';
import { writeTenant } from './write-tenant.ts';

/**
 * `pause`: none of its jobs starts, new ones wait. `drain`: no new jobs, those that it has go on.
 * `suspend`: both. `resume` ends all of them. A drain ends a pause, because waiting jobs would else
 * not go on; a pause does not end a drain, because nobody has said that new jobs are welcome again.
 */
export const tenantHolds = ['pause', 'drain', 'suspend', 'resume'] as const;

export type TenantHold = (typeof tenantHolds)[number];

/** @returns the tenant afterwards. */
export async function holdTenant(
  deps: ManageTenantsDeps,
  id: TenantId,
  hold: TenantHold,
): Promise<Tenant> {
  switch (hold) {
    case 'pause':
      await deps.terms.edit(id, (before) => ({ ...before, paused: true }));
      return (await deps.tenants.read(id)) ?? tenantWithoutRecord(id);
    case 'drain':
      return drainTenant(deps, id);
    case 'suspend':
      return setTenantStatus(deps, id, 'suspended');
    case 'resume':
      return setTenantStatus(deps, id, 'active');
  }
}

/** Refuses new jobs first, so that none comes in by the end of a pause. */
async function drainTenant(deps: ManageTenantsDeps, id: TenantId): Promise<Tenant> {
  const tenant = await writeTenant(deps, {
    id,
    change: (before) => ({ ...before, status: 'suspended' }),
  });
  await deps.terms.edit(id, (before) => ({ ...before, paused: false }));
  return tenant;
}
