/** What a caller hears whose job is not taken in because of its tenant's money. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { formatUsd } from '@forebay/shared/domain/money';
import type { AdmitResult } from '@forebay/shared/ports/job-store';

type OverBudget = Extract<AdmitResult, { kind: 'over_budget' }>;

/** Names the budget, what is left of it, and what may help. */
export function overBudget(refusal: OverBudget): ForebayError {
  const { account, isOfAll, left } = refusal;
  // What all tenants together have spent is no business of one of them.
  if (isOfAll) return overGlobalBudget(refusal);
  const name = account.startsWith('batch:') ? 'ceiling of the bulk call' : `budget ${account}`;
  return new ForebayError(
    'budget_exceeded',
    `The worst case of this job does not fit the ${name}: ${formatUsd(left)} USD are left. ` +
      adviceOf('Ask for less', 'have the limit raised', waitFor(refusal)),
  );
}

function overGlobalBudget(refusal: OverBudget): ForebayError {
  return new ForebayError(
    'budget_exceeded',
    'The worst case of this job does not fit what is left of the budget of this installation. ' +
      adviceOf('Ask for less', waitFor(refusal)),
  );
}

/** Waiting is offered only where it can help. */
function waitFor({ mayHelpToWait, renewsAtMs }: OverBudget): string | undefined {
  if (!mayHelpToWait) return undefined;
  if (renewsAtMs === undefined) return 'wait until more of it is free';
  return `wait until it begins anew at ${new Date(renewsAtMs).toISOString()}`;
}

function adviceOf(...given: readonly (string | undefined)[]): string {
  const known = given.filter((each) => each !== undefined);
  const last = known.pop() ?? '';
  if (known.length === 0) return `${last}.`;
  return `${known.join(', ')}, or ${last}.`;
}

export function moneyStopped(reason: string): ForebayError {
  return new ForebayError(
    'money_stopped',
    `No job of this tenant is taken in until an operator has looked at its money: ${reason}.`,
  );
}
