/**
 * A budget: how much a tenant, or one of its keys, may spend within a window of time. Ceilings
 * nest: a job's own, that of its bulk call, and every budget of its key and tenant hold at once.
 */
import { newToken, type TenantId } from './ids.ts';
import type { NanoUsd } from './money.ts';

export type BudgetId = string & { readonly brand: 'BudgetId' };

/** Whose jobs count against it. */
export type BudgetSubject =
  | { readonly kind: 'tenant' }
  /** The jobs that were submitted with this API key, by its public id. */
  /** All keys that pay with this one: `StoredKey.payerKeyId`. */
  | { readonly kind: 'key'; readonly keyId: string };

export const budgetPeriods = ['day', 'month'] as const;

export type BudgetPeriod = (typeof budgetPeriods)[number];

export type BudgetWindow =
  /** Never begins anew. */
  | { readonly kind: 'total' }
  /** Begins anew at midnight, or on the first of the month, in a time zone. */
  | { readonly kind: 'calendar'; readonly period: BudgetPeriod; readonly timeZone: string }
  /** The last 24 hours or 30 days, in sixty steps. */
  | { readonly kind: 'rolling'; readonly period: BudgetPeriod };

export const budgetPolicies = ['reject', 'wait', 'cheaper'] as const;

/**
 * What becomes of a job whose worst case does not fit: it is refused at intake (`reject`), it
 * waits for money (`wait`), or it takes the first of its candidates that fits, and else waits
 * (`cheaper`).
 */
export type BudgetPolicy = (typeof budgetPolicies)[number];

export interface Budget {
  readonly id: BudgetId;
  readonly subject: BudgetSubject;
  readonly window: BudgetWindow;
  readonly limitNanoUsd: NanoUsd;
  readonly whenShort: BudgetPolicy;
  readonly createdAtMs: number;
}

/** Percent of a limit of which its tenant is told; `include/money.lua` says the same. */
export const budgetThresholds = [50, 80, 95, 100] as const;

/** What has become of a budget in its present window. */
export interface BudgetFigures {
  readonly tenant: TenantId;
  readonly budget: Budget;
  /** When it begins anew; `undefined` for one that never does. */
  readonly renewsAtMs: number | undefined;
  readonly reserved: NanoUsd;
  readonly spent: NanoUsd;
  readonly unknown: NanoUsd;
}

const budgetIdPattern = /^bud_[0-7][0-9a-hjkmnp-tv-z]{25}$/;

export function newBudgetId(): BudgetId {
  // The generator writes what the pattern below reads.
  return newToken('bud') as BudgetId;
}

/** Reads a budget id; `undefined` when it has another form. */
export function parseBudgetId(text: string): BudgetId | undefined {
  // A brand is made only after the pattern has held.
  return budgetIdPattern.test(text) ? (text as BudgetId) : undefined;
}
