/** The window of a budget as people give it: a period, and whether it rolls or where it is. */
import { type BudgetPeriod, type BudgetWindow, budgetPeriods } from '../domain/budget.ts';

export const windowPeriods = ['total', ...budgetPeriods] as const;

export interface WindowWords {
  readonly period: BudgetPeriod | 'total';
  readonly rolling: boolean;
  readonly timeZone: string | undefined;
}

/** @returns the window, or which word does not go with the others. */
export function readWindow({
  period,
  rolling,
  timeZone,
}: WindowWords): BudgetWindow | 'rolling' | 'time_zone' {
  if (period === 'total') {
    if (rolling) return 'rolling';
    return timeZone === undefined ? { kind: 'total' } : 'time_zone';
  }
  if (!rolling) return { kind: 'calendar', period, timeZone: timeZone ?? 'UTC' };
  return timeZone === undefined ? { kind: 'rolling', period } : 'time_zone';
}
