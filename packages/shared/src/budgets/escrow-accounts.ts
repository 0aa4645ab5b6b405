/** The windows of the global budgets that money is lent for. */
import type { EscrowAccount, GlobalBudget } from '../domain/global-budget.ts';
import { windowEnds } from './window-ends.ts';

export interface OpenAccount extends EscrowAccount {
  readonly limitNanoUsd: GlobalBudget['limitNanoUsd'];
}

/** Shards hold money of a window this long before it begins. */
const aheadMs = 60_000;

/** The present window of a budget. */
export function presentAccount(budget: GlobalBudget, nowMs: number): OpenAccount {
  const { id, window, limitNanoUsd } = budget;
  const common = { budget: id, limitNanoUsd };
  if (window.kind === 'total') return { ...common, window: 'all', untilMs: undefined };
  const [untilMs = nowMs] = windowEnds(window.period, window.timeZone, nowMs);
  return { ...common, window: String(untilMs), untilMs };
}

/** The present windows, and those that begin in a moment. */
export function openAccounts(
  budgets: readonly GlobalBudget[],
  nowMs: number,
): readonly OpenAccount[] {
  return budgets.flatMap((budget) => {
    const present = presentAccount(budget, nowMs);
    const coming = presentAccount(budget, nowMs + aheadMs);
    return coming.window === present.window ? [present] : [present, coming];
  });
}
