/**
 * What operators do with the budgets of all tenants; the commands and the admin API both call this.
 * There is one for each period at most.
 */
import { isTimeZone } from '../budgets/window-ends.ts';
import { type BudgetPolicy, newBudgetId } from '../domain/budget.ts';
import { ForebayError } from '../domain/forebay-error.ts';
import type { GlobalBudget, GlobalFigures } from '../domain/global-budget.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import type { Clock } from '../runtime/clock.ts';
import { budgetProblem, requireLimit } from './manage-budgets.ts';
import type { WindowWords } from './read-window.ts';

export interface ManageGlobalBudgetsDeps {
  readonly escrow: Pick<EscrowStore, 'read' | 'edit' | 'figures'>;
  readonly clock: Clock;
}

export type GlobalPeriod = WindowWords['period'];

export interface GlobalBudgetSettings {
  readonly window: GlobalBudget['window'];
  readonly limitNanoUsd: NanoUsd;
  readonly whenShort: BudgetPolicy;
}

export function periodOf({ window }: Pick<GlobalBudget, 'window'>): GlobalPeriod {
  return window.kind === 'total' ? 'total' : window.period;
}

/**
 * Makes the budget of a period, or changes the one that there is. In another time zone it is
 * another budget: what was charged stands under the window.
 *
 * @throws ForebayError `invalid_request`.
 */
export async function setGlobalBudget(
  { escrow, clock }: ManageGlobalBudgetsDeps,
  settings: GlobalBudgetSettings,
): Promise<{ readonly before: GlobalBudget | undefined; readonly after: GlobalBudget }> {
  requireLimit(settings.limitNanoUsd);
  const { window } = settings;
  if (window.kind === 'calendar' && !isTimeZone(window.timeZone)) {
    throw budgetProblem('time_zone', 'expected UTC or a name such as Europe/Rome');
  }
  const fresh = { id: newBudgetId(), createdAtMs: clock.nowMs() };
  const period = periodOf(settings);
  let before: GlobalBudget | undefined;
  let after: GlobalBudget = { ...fresh, ...settings };
  await escrow.edit((budgets) => {
    const stood = budgets.find((budget) => periodOf(budget) === period);
    const stays = stood !== undefined && zoneOf(stood) === zoneOf(settings);
    before = stood;
    after = { ...(stays ? stood : fresh), ...settings };
    return [...budgets.filter((budget) => periodOf(budget) !== period), after];
  });
  return { before, after };
}

/** What is reserved stays reserved for its jobs. @throws ForebayError `not_found`. */
export async function clearGlobalBudget(
  { escrow }: Pick<ManageGlobalBudgetsDeps, 'escrow'>,
  period: GlobalPeriod,
): Promise<GlobalBudget> {
  let removed: GlobalBudget | undefined;
  await escrow.edit((budgets) => {
    removed = budgets.find((budget) => periodOf(budget) === period);
    if (removed === undefined) throw noSuchGlobalBudget();
    return budgets.filter((budget) => budget !== removed);
  });
  return removed ?? raise(noSuchGlobalBudget());
}

/** @throws ForebayError `not_found`. */
export async function readGlobalBudget(
  { escrow }: Pick<ManageGlobalBudgetsDeps, 'escrow'>,
  period: GlobalPeriod,
): Promise<GlobalFigures> {
  const all = await escrow.figures();
  return all.find(({ budget }) => periodOf(budget) === period) ?? raise(noSuchGlobalBudget());
}

export function noSuchGlobalBudget(): ForebayError {
  return new ForebayError('not_found', 'There is no budget of all tenants for this period.');
}

function zoneOf({ window }: Pick<GlobalBudget, 'window'>): string | undefined {
  return window.kind === 'total' ? undefined : window.timeZone;
}

function raise(error: ForebayError): never {
  throw error;
}
