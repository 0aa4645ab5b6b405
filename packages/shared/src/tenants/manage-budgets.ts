/**
 * What operators do with budgets; the commands and the admin API both call this. A budget's subject
 * and window stay as they were made, because what was charged to it stands under both: for other
 * ones make another budget.
 */
import { isTimeZone } from '../budgets/window-ends.ts';
import {
  type Budget,
  type BudgetFigures,
  type BudgetId,
  type BudgetPolicy,
  type BudgetSubject,
  type BudgetWindow,
  newBudgetId,
} from '../domain/budget.ts';
import { ForebayError } from '../domain/forebay-error.ts';
import type { TenantId } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import { ceilingNanoUsdMax, formatUsd, type NanoUsd } from '../domain/money.ts';
import type { KeyStore } from '../ports/key-store.ts';
import type { TenantTermsStore } from '../ports/tenant-terms-store.ts';
import type { Clock } from '../runtime/clock.ts';
import { findKey } from './write-key.ts';

export interface ManageBudgetsDeps {
  readonly terms: Pick<TenantTermsStore, 'read' | 'edit' | 'figures'>;
  readonly keys: Pick<KeyStore, 'read'>;
  readonly clock: Clock;
}

export interface BudgetRef {
  readonly tenant: TenantId;
  readonly id: BudgetId;
}

export interface BudgetSettings {
  readonly subject: BudgetSubject;
  readonly window: BudgetWindow;
  readonly limitNanoUsd: NanoUsd;
  readonly whenShort: BudgetPolicy;
}

/** What is absent stays as it is. */
export type BudgetChange = Partial<Pick<BudgetSettings, 'limitNanoUsd' | 'whenShort'>>;

/**
 * @param id made by the caller, who may have told of it already.
 * @throws ForebayError `invalid_request`, `not_found` for a key that the tenant has not,
 *   `budget_limit`.
 */
export async function createBudget(
  deps: ManageBudgetsDeps,
  { tenant, id = newBudgetId() }: Pick<BudgetRef, 'tenant'> & Partial<BudgetRef>,
  settings: BudgetSettings,
): Promise<Budget> {
  const { window, limitNanoUsd, whenShort } = settings;
  requireLimit(limitNanoUsd);
  if (window.kind === 'calendar' && !isTimeZone(window.timeZone)) {
    throw budgetProblem('time_zone', 'expected UTC or a name such as Europe/Rome');
  }
  const subject = await payerOf(deps, tenant, settings.subject);
  const createdAtMs = deps.clock.nowMs();
  const budget: Budget = { id, subject, window, limitNanoUsd, whenShort, createdAtMs };
  await deps.terms.edit(tenant, (terms) => {
    if (terms.budgets.length >= limits.budgetsPerTenantMax) throw tooMany();
    return { ...terms, budgets: [...terms.budgets, budget] };
  });
  return budget;
}

/** A budget of a key is one of all keys that pay with it. @throws ForebayError `not_found` */
async function payerOf(
  deps: Pick<ManageBudgetsDeps, 'keys'>,
  tenant: TenantId,
  subject: BudgetSubject,
): Promise<BudgetSubject> {
  if (subject.kind === 'tenant') return subject;
  const { payerKeyId } = await findKey(deps, { tenant, keyId: subject.keyId });
  return { kind: 'key', keyId: payerKeyId };
}

/** @throws ForebayError `not_found`, `invalid_request`. */
export async function changeBudget(
  { terms }: Pick<ManageBudgetsDeps, 'terms'>,
  { tenant, id }: BudgetRef,
  change: BudgetChange,
): Promise<Budget> {
  if (change.limitNanoUsd !== undefined) requireLimit(change.limitNanoUsd);
  const after = await terms.edit(tenant, (stands) => {
    requireBudget(stands.budgets, id);
    const budgets = stands.budgets.map((budget) =>
      budget.id === id ? { ...budget, ...change } : budget,
    );
    return { ...stands, budgets };
  });
  return requireBudget(after.budgets, id);
}

/** What is reserved against it stays reserved for its jobs. @throws ForebayError `not_found`. */
export async function removeBudget(
  { terms }: Pick<ManageBudgetsDeps, 'terms'>,
  { tenant, id }: BudgetRef,
): Promise<void> {
  await terms.edit(tenant, (stands) => {
    requireBudget(stands.budgets, id);
    return { ...stands, budgets: stands.budgets.filter((budget) => budget.id !== id) };
  });
}

/** @throws ForebayError `not_found`. */
export async function readBudget(
  { terms }: Pick<ManageBudgetsDeps, 'terms'>,
  { tenant, id }: BudgetRef,
): Promise<BudgetFigures> {
  const all = await terms.figures(tenant);
  return all.find(({ budget }) => budget.id === id) ?? raise(noSuchBudget());
}

/** The one answer for budgets that are missing or another tenant's. */
export function noSuchBudget(): ForebayError {
  return new ForebayError('not_found', 'The tenant has no budget with this id.');
}

function requireBudget(budgets: readonly Budget[], id: BudgetId): Budget {
  return budgets.find((budget) => budget.id === id) ?? raise(noSuchBudget());
}

/** @throws ForebayError `invalid_request`. */
export function requireLimit(limit: NanoUsd): void {
  if (limit >= 0n && limit <= ceilingNanoUsdMax) return;
  throw budgetProblem(
    'limit_usd',
    `expected an amount from 0 to ${formatUsd(ceilingNanoUsdMax)} USD`,
  );
}

export function budgetProblem(field: string, expected: string): ForebayError {
  const detail = `"${field}": ${expected}.`;
  return new ForebayError('invalid_request', detail, {
    param: field,
    errors: [{ pointer: `/${field}`, code: 'invalid_value', detail: expected }],
  });
}

function tooMany(): ForebayError {
  const most = limits.budgetsPerTenantMax;
  const detail = `A tenant may have ${most} budgets. Remove one, or raise one that it has.`;
  return new ForebayError('budget_limit', detail);
}

function raise(error: ForebayError): never {
  throw error;
}
