/**
 * Whether a tenant can pay for shadows: only within a budget of its own that turns away what does
 * not fit, so that nobody else's money is ever touched and nothing piles up behind an empty budget.
 */
import type { Tenant } from '../domain/tenant.ts';
import type { TenantTerms } from '../domain/tenant-terms.ts';

/** `suspended`: by an operator, or because its money does not add up. */
export type PayerRefusal = 'no_budget' | 'suspended';

/** `undefined` when it can. */
export function refusePayer(
  { status }: Pick<Tenant, 'status'>,
  { paused, stopped, budgets }: TenantTerms,
): PayerRefusal | undefined {
  if (status === 'suspended' || paused || stopped !== undefined) return 'suspended';
  const hasBudget = budgets.some(
    ({ subject, whenShort }) => subject.kind === 'tenant' && whenShort === 'reject',
  );
  return hasBudget ? undefined : 'no_budget';
}
