/** Budgets of all tenants as operators see them. */
import type { GlobalBudget, GlobalFigures } from '../domain/global-budget.ts';
import type { JsonObject } from '../domain/json.ts';
import { formatUsd } from '../domain/money.ts';
import { periodOf } from './manage-global-budgets.ts';

/** What was decided about it, without what became of it. */
export function viewGlobalBudget(budget: GlobalBudget): JsonObject {
  const { id, window, limitNanoUsd, whenShort, createdAtMs } = budget;
  return {
    ...{ id, object: 'global_budget', period: periodOf(budget) },
    time_zone: window.kind === 'total' ? null : window.timeZone,
    limit_usd: formatUsd(limitNanoUsd),
    when_short: whenShort,
    created_at: new Date(createdAtMs).toISOString(),
  };
}

export function viewGlobalFigures(figures: GlobalFigures): JsonObject {
  const { budget, granted, reserved, spent, unknown, renewsAtMs } = figures;
  const left = budget.limitNanoUsd - reserved - spent - unknown;
  return {
    ...viewGlobalBudget(budget),
    granted_usd: formatUsd(granted),
    reserved_usd: formatUsd(reserved),
    spent_usd: formatUsd(spent),
    unknown_usd: formatUsd(unknown),
    // A limit that was lowered may be below what is used.
    left_usd: formatUsd(left > 0n ? left : 0n),
    renews_at: renewsAtMs === undefined ? null : new Date(renewsAtMs).toISOString(),
  };
}
