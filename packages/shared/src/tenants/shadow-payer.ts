/**
 * Whether a tenant can pay for shadows: only within a budget of its own that turns away what does
 * not fit, so that nobody else's money is ever touched and nothing piles up behind an empty budget.
 */
import type { Tenant } from '../domain/tenant.ts';
import type { TenantTerms } from '../domain/tenant-terms.ts';

/**
 * `no_budget`: none of the whole tenant, or one behind which shadows would wait. `suspended`: or on
 * hold. `stopped`: its money does not add up.
 */
export type PayerRefusal = 'no_budget' | 'suspended' | 'stopped';

/** `undefined` when it can. */
export function refusePayer(
  { status }: Pick<Tenant, 'status'>,
  { paused, stopped, budgets }: TenantTerms,
): PayerRefusal | undefined {
  if (stopped !== undefined) return 'stopped';
  if (status === 'suspended' || paused) return 'suspended';
  const own = budgets.filter(({ subject }) => subject.kind === 'tenant');
  const rejects = own.length > 0 && own.every(({ whenShort }) => whenShort === 'reject');
  return rejects ? undefined : 'no_budget';
}
