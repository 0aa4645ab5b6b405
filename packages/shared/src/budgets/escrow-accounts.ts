/** The windows of the global budgets that money is lent for. */
import type { EscrowAccount, GlobalBudget } from '../domain/global-budget.ts';
import { windowEnds } from './window-ends.ts';

export interface OpenAccount extends EscrowAccount {
  readonly limitNanoUsd: GlobalBudget['limitNanoUsd'];
  /** For people: `day`, `month` or `total`. */
  readonly period: 'day' | 'month' | 'total';
  /** `false` for one that begins in a moment. */
  readonly isPresent: boolean;
}

/** Shards hold money of a window this long before it begins. */
const aheadMs = 60_000;

/** The present window of a budget. */
export function presentAccount(budget: GlobalBudget, nowMs: number): OpenAccount {
  const { id, window, limitNanoUsd } = budget;
  const common = { budget: id, limitNanoUsd, isPresent: true };
  if (window.kind === 'total') {
    return { ...common, period: 'total', window: 'all', untilMs: undefined };
  }
  const { period, timeZone } = window;
  const [untilMs = nowMs] = windowEnds(period, timeZone, nowMs);
  return { ...common, period, window: String(untilMs), untilMs };
}

/** The present windows, and those that begin in a moment. */
export function openAccounts(
  budgets: readonly GlobalBudget[],
  nowMs: number,
): readonly OpenAccount[] {
  return budgets.flatMap((budget) => {
    const present = presentAccount(budget, nowMs);
    const coming = presentAccount(budget, nowMs + aheadMs);
    if (coming.window === present.window) return [present];
    return [present, { ...coming, isPresent: false }];
  });
}
