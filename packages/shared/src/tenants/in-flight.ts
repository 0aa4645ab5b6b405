/**
 * How many jobs of a tenant or a key may run at once. The limit stands in the tenant's terms, where
 * the script that starts a job reads it, and nowhere else.
 */
import type { BudgetSubject } from '../domain/budget.ts';
import type { TenantId } from '../domain/ids.ts';
import type { InFlightLimit, TenantTerms } from '../domain/tenant-terms.ts';
import type { TenantTermsStore } from '../ports/tenant-terms-store.ts';

/** What is said about the limit: an absent member says nothing, `undefined` is no limit. */
export interface InFlightChange {
  readonly max?: number | undefined;
}

/** `undefined` for no limit. */
export function inFlightMax(
  terms: Pick<TenantTerms, 'inFlight'>,
  subject: BudgetSubject,
): number | undefined {
  return terms.inFlight.find((limit) => isSame(limit.subject, subject))?.max;
}

/**
 * Comes last of what one call changes, so the limit must have been checked before the first write.
 *
 * @param change without a member it changes nothing.
 */
export async function setInFlightMax(
  terms: Pick<TenantTermsStore, 'edit'>,
  { tenant, subject }: { readonly tenant: TenantId; readonly subject: BudgetSubject },
  change: InFlightChange,
): Promise<void> {
  if (!('max' in change)) return;
  const { max } = change;
  const own: readonly InFlightLimit[] = max === undefined ? [] : [{ subject, max }];
  await terms.edit(tenant, (before) => ({
    ...before,
    inFlight: [...before.inFlight.filter((limit) => !isSame(limit.subject, subject)), ...own],
  }));
}

function isSame(left: BudgetSubject, right: BudgetSubject): boolean {
  if (left.kind === 'tenant' || right.kind === 'tenant') return left.kind === right.kind;
  return left.keyId === right.keyId;
}
