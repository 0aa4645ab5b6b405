/**
 * The port to the audit of money: the counters of tenants and budgets are caches, and the ledger
 * with the open jobs is what they must say.
 */
import type { TenantId } from '../domain/ids.ts';

/** A counter that does not say what it must. */
export interface MoneyDrift {
  readonly tenant: TenantId;
  /** `spent`, `unknown`, `reserved`, or one of these in a budget's window: `bud_…@all:spent`. */
  readonly counter: string;
  /** Text of whole nano-dollars: a tenant's may be larger than any job's. */
  readonly mustBe: string;
  readonly says: string;
}

export interface FoundDrift extends MoneyDrift {
  /** Whether an earlier look had found the tenant's counters wrong, long enough ago. */
  readonly isConfirmed: boolean;
}

export type AuditStep =
  /** There are more entries of the ledger to sum up before anything can be judged. */
  | { readonly kind: 'behind' }
  | {
      readonly kind: 'judged';
      /** Where to go on; '' when the shard is through. */
      readonly after: string;
      readonly tenantCount: number;
      /** Tenants with more open jobs than one look can add up: their reservations were left out. */
      readonly skippedCount: number;
      readonly drifts: readonly FoundDrift[];
    };

export interface RepairedMoney {
  /** What was set; `says` is what stood there before. */
  readonly repaired: readonly MoneyDrift[];
  /** Whether reservations were left as they are, because too many jobs are open. */
  readonly skippedReservations: boolean;
}

export interface MoneyAuditStore {
  readonly shardCount: number;
  /** One bounded step. @param step.after tenant after which to go on; '' begins. */
  audit(
    shard: number,
    step: { readonly after: string; readonly confirmAfterMs: number },
  ): Promise<AuditStep>;
  /** Sets a tenant's counters to what they must be. */
  repair(tenant: TenantId): Promise<RepairedMoney>;
}
