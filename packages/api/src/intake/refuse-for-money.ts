/** What a caller hears whose job is not taken in because of its tenant's money. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { formatUsd } from '@forebay/shared/domain/money';
import type { AdmitResult } from '@forebay/shared/ports/job-store';

/** Names the budget, what is left of it, and when there is more. */
export function overBudget(refusal: Extract<AdmitResult, { kind: 'over_budget' }>): ForebayError {
  const { account, isOfAll, left, renewsAtMs } = refusal;
  // What all tenants together have spent is no business of one of them.
  if (isOfAll) return overGlobalBudget(renewsAtMs);
  const name = account.startsWith('batch:') ? 'ceiling of the bulk call' : `budget ${account}`;
  const remedy =
    renewsAtMs === undefined
      ? 'Ask for less, or have the limit raised.'
      : `Ask for less, have the limit raised, or wait until it begins anew at ${at(renewsAtMs)}.`;
  return new ForebayError(
    'budget_exceeded',
    `The worst case of this job does not fit the ${name}: ${formatUsd(left)} USD are left. ` +
      remedy,
  );
}

function overGlobalBudget(renewsAtMs: number | undefined): ForebayError {
  const until =
    renewsAtMs === undefined ? '' : `, or wait until it begins anew at ${at(renewsAtMs)}`;
  return new ForebayError(
    'budget_exceeded',
    'The worst case of this job does not fit what is left of the budget of this installation. ' +
      `Ask for less${until}.`,
  );
}

export function moneyStopped(reason: string): ForebayError {
  return new ForebayError(
    'money_stopped',
    `No job of this tenant is taken in until an operator has looked at its money: ${reason}.`,
  );
}

function at(ms: number): string {
  return new Date(ms).toISOString();
}
