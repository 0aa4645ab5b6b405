import { expect, test } from 'vitest';
import { testTenant } from '../../../../test/support/store.ts';
import type { TenantStore } from '../ports/tenant-store.ts';
import { createManualClock } from '../runtime/manual-clock.ts';
import { writeTenant } from './write-tenant.ts';

/** Somebody else is always faster. */
const tenants: TenantStore = {
  read: () => Promise.resolve(undefined),
  list: () => Promise.resolve([]),
  write: () => Promise.resolve('conflict'),
};

test.each([
  ['no version blames none', undefined, undefined],
  ['another version blames that', 4, 'If-Match'],
])('an edit that loses to others and named %s', async (_, version, param) => {
  const deps = { tenants, clock: createManualClock() };
  const edit = writeTenant(deps, { id: testTenant, version, change: (same) => same });
  await expect(edit).rejects.toMatchObject({ code: 'version_mismatch', param });
});
