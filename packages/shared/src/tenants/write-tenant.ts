/** Compare-and-set of a tenant's record, made when it is not there yet. */
import { ForebayError } from '../domain/forebay-error.ts';
import type { TenantId } from '../domain/ids.ts';
import { type Tenant, tenantWithoutRecord } from '../domain/tenant.ts';
import type { TenantStore } from '../ports/tenant-store.ts';
import type { Clock } from '../runtime/clock.ts';

export interface WriteTenantDeps {
  readonly tenants: TenantStore;
  readonly clock: Clock;
}

export interface TenantEdit {
  readonly id: TenantId;
  /** The version that the operator has seen; `undefined` for any. */
  readonly version?: number | undefined;
  /** The record as it is to be; version and times are set here. */
  readonly change: (tenant: Tenant) => Tenant;
}

/** Edits of others that one edit gives way to before it gives up. */
const triesMax = 10;

/** @throws ForebayError `version_mismatch`, and what `change` throws. */
export async function writeTenant(deps: WriteTenantDeps, edit: TenantEdit): Promise<Tenant> {
  const { id, version, change } = edit;
  for (let tries = 0; tries < triesMax; tries += 1) {
    const before = (await deps.tenants.read(id)) ?? tenantWithoutRecord(id);
    if (version !== undefined && version !== before.version) throw otherVersion(before.version);
    const nowMs = deps.clock.nowMs();
    const after: Tenant = {
      ...change(before),
      id,
      createdAtMs: before.version === 0 ? nowMs : before.createdAtMs,
      updatedAtMs: nowMs,
      version: before.version + 1,
    };
    if ((await deps.tenants.write(after)) === 'written') return after;
  }
  throw changesAllTheTime();
}

/** What an operator hears who edits what somebody else has just changed. */
export function otherVersion(version: number): ForebayError {
  const remedy = 'Read it again and decide again.';
  const detail = `It is at version ${version}, not at the one that you have seen. ${remedy}`;
  return new ForebayError('version_mismatch', detail, { param: 'If-Match' });
}

/** What an operator hears who has named no version, and lost to others again and again. */
export function changesAllTheTime(): ForebayError {
  return new ForebayError('version_mismatch', 'It changes all the time. Try again.');
}
