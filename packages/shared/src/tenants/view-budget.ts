/** Budgets as operators see them: money in US dollars, times RFC 3339. */
import type { Budget, BudgetFigures, BudgetWindow } from '../domain/budget.ts';
import type { JsonObject } from '../domain/json.ts';
import { formatUsd } from '../domain/money.ts';

/** What was decided about it, without what became of it. */
export function viewBudget({
  id,
  subject,
  window,
  limitNanoUsd,
  whenShort,
  createdAtMs,
}: Budget): JsonObject {
  return {
    ...{ id, object: 'budget', key_id: subject.kind === 'key' ? subject.keyId : null },
    ...viewWindow(window),
    limit_usd: formatUsd(limitNanoUsd),
    when_short: whenShort,
    created_at: new Date(createdAtMs).toISOString(),
  };
}

export function viewBudgetFigures(figures: BudgetFigures): JsonObject {
  const { tenant, budget, reserved, spent, unknown, renewsAtMs } = figures;
  const left = budget.limitNanoUsd - reserved - spent - unknown;
  return {
    ...viewBudget(budget),
    tenant,
    reserved_usd: formatUsd(reserved),
    spent_usd: formatUsd(spent),
    unknown_usd: formatUsd(unknown),
    // A limit that was lowered may be below what is used.
    left_usd: formatUsd(left > 0n ? left : 0n),
    renews_at: renewsAtMs === undefined ? null : new Date(renewsAtMs).toISOString(),
  };
}

function viewWindow(window: BudgetWindow): JsonObject {
  if (window.kind === 'total') return { period: 'total', rolling: false, time_zone: null };
  const { period } = window;
  return window.kind === 'rolling'
    ? { period, rolling: true, time_zone: null }
    : { period, rolling: false, time_zone: window.timeZone };
}
