/**
 * A tenant: who owns jobs, keys and budgets. What the scripts must know of it (budgets, limits of
 * running jobs, pauses) stands apart, as its terms.
 */
import type { TenantId } from './ids.ts';
import type { NanoUsd } from './money.ts';

/** A suspended tenant makes no new jobs; it still reads, cancels and downloads what it has. */
export const tenantStatuses = ['active', 'suspended'] as const;

export type TenantStatus = (typeof tenantStatuses)[number];

/** What an operator decides about a tenant. */
export interface TenantSettings {
  /** For people; empty for none. */
  readonly name: string;
  /** Ceiling of a job that names none, nor its key; `undefined` takes the configuration's. */
  readonly ceilingDefault: NanoUsd | undefined;
  /** No job may ask for more; `undefined` for no such limit. */
  readonly ceilingMax: NanoUsd | undefined;
  /** Routes prefer cheaper models once less than so many per cent of a budget are left. */
  readonly brownoutPercent: number | undefined;
}

export interface Tenant extends TenantSettings {
  readonly id: TenantId;
  readonly status: TenantStatus;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Grows by one with each change; 0 for a tenant that has no record. */
  readonly version: number;
}

/** How a tenant counts that has keys but no record: the configuration's defaults hold. */
export function tenantWithoutRecord(id: TenantId): Tenant {
  return {
    id,
    name: '',
    status: 'active',
    ceilingDefault: undefined,
    ceilingMax: undefined,
    brownoutPercent: undefined,
    createdAtMs: 0,
    updatedAtMs: 0,
    version: 0,
  };
}
