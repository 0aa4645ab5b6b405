/** What the store of tenants' terms must do; run on a single server and on a cluster. */
import { type Budget, newBudgetId } from '@forebay/shared/domain/budget';
import { noTerms } from '@forebay/shared/domain/tenant-terms';
import { describe, expect, it } from 'vitest';
import { testTenant, useStore } from '../support/store.ts';

function budgetOf(window: Budget['window'], limitNanoUsd = 1_000n): Budget {
  return {
    id: newBudgetId(),
    subject: { kind: 'tenant' },
    window,
    limitNanoUsd,
    whenShort: 'wait',
    createdAtMs: 1,
  };
}

export function describeTermsStore(name: string, url: () => string): void {
  describe(`${name}: the terms of tenants`, () => {
    it('gives what was written, and nothing for a tenant of which nothing was said', async () => {
      const { terms, keys } = await useStore(url());
      expect(await terms.read(testTenant)).toEqual(noTerms);
      const budgets = [
        budgetOf({ kind: 'total' }, 9_000_000_000_000_000n),
        budgetOf({ kind: 'rolling', period: 'day' }),
        budgetOf({ kind: 'calendar', period: 'month', timeZone: 'Europe/Rome' }),
      ];
      const inFlight = [{ subject: { kind: 'key', keyId: 'abc' }, max: 3 } as const];
      const wanted = { paused: true, stopped: 'drift', budgets, inFlight };
      const written = await terms.edit(testTenant, () => wanted);
      expect(written).toEqual({ ...wanted, version: 1 });
      expect(await terms.read(testTenant)).toEqual(written);
      expect(await terms.listTenants(keys.shardOf(testTenant))).toEqual([testTenant]);
    });

    it('loses no edit of many at once', async () => {
      const { terms } = await useStore(url());
      const budgets = Array.from({ length: 12 }, () => budgetOf({ kind: 'total' }));
      await Promise.all(
        budgets.map((budget) =>
          terms.edit(testTenant, (stood) => ({ ...stood, budgets: [...stood.budgets, budget] })),
        ),
      );
      const stands = await terms.read(testTenant);
      expect(stands.version).toBe(12);
      expect(new Set(stands.budgets.map(({ id }) => id))).toEqual(
        new Set(budgets.map(({ id }) => id)),
      );
    });
  });
}
