/** Terms of tenants as tests write them. */
import { type Budget, newBudgetId } from '@forebay/shared/domain/budget';
import type { TenantTerms } from '@forebay/shared/domain/tenant-terms';
import { type TestStore, testTenant } from './store.ts';

export function budgetOf(limitNanoUsd: bigint, changes: Partial<Budget> = {}): Budget {
  return {
    id: newBudgetId(),
    subject: { kind: 'tenant' },
    window: { kind: 'total' },
    limitNanoUsd,
    whenShort: 'wait',
    createdAtMs: 1,
    ...changes,
  };
}

/** Writes terms of the tests' tenant; what is not named stays as it stands. */
export function setTerms(store: TestStore, changes: Partial<TenantTerms>): Promise<TenantTerms> {
  return store.terms.edit(testTenant, (terms) => ({ ...terms, ...changes }));
}

/** What is used of the tests' tenant's only budget. */
export async function usedOf(store: TestStore) {
  const [figures] = await store.terms.figures(testTenant);
  if (figures === undefined) throw new Error('there should be a budget');
  const { reserved, spent, unknown } = figures;
  return { reserved, spent, unknown };
}
