/**
 * How many jobs of a tenant or a key may run at once. The limit stands in the tenant's terms, where
 * the script that starts a job reads it, and nowhere else.
 */
import type { BudgetSubject } from '../domain/budget.ts';
import { ForebayError } from '../domain/forebay-error.ts';
import type { TenantId } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import type { InFlightLimit, TenantTerms } from '../domain/tenant-terms.ts';
import type { TenantTermsStore } from '../ports/tenant-terms-store.ts';

/** `undefined` for no limit. */
export function inFlightMax(
  terms: Pick<TenantTerms, 'inFlight'>,
  subject: BudgetSubject,
): number | undefined {
  return terms.inFlight.find((limit) => isSame(limit.subject, subject))?.max;
}

/**
 * @param max `undefined` takes the limit away.
 * @throws ForebayError `invalid_request`
 */
export async function setInFlightMax(
  terms: Pick<TenantTermsStore, 'edit'>,
  { tenant, subject }: { readonly tenant: TenantId; readonly subject: BudgetSubject },
  max: number | undefined,
): Promise<TenantTerms> {
  if (max !== undefined && !(Number.isInteger(max) && max >= 1 && max <= limits.inFlightMax)) {
    const detail = `"max_in_flight": expected a whole number from 1 to ${limits.inFlightMax}.`;
    throw new ForebayError('invalid_request', detail, { param: 'max_in_flight' });
  }
  const own: readonly InFlightLimit[] = max === undefined ? [] : [{ subject, max }];
  return terms.edit(tenant, (before) => ({
    ...before,
    inFlight: [...before.inFlight.filter((limit) => !isSame(limit.subject, subject)), ...own],
  }));
}

function isSame(left: BudgetSubject, right: BudgetSubject): boolean {
  if (left.kind === 'tenant' || right.kind === 'tenant') return left.kind === right.kind;
  return left.keyId === right.keyId;
}
