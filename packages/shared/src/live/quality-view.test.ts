import { expect, test } from 'vitest';
import { sampleCatalog, sampleModel } from '../../../../test/support/sample-catalog.ts';
import { parseTenantId, type TenantId } from '../domain/ids.ts';
import type { QualitySum } from '../domain/quality-sum.ts';
import { createQualityView } from './quality-view.ts';

const acme = tenantNamed('acme');

function tenantNamed(name: string): TenantId {
  const tenant = parseTenantId(name);
  if (tenant === undefined) throw new Error('a tenant name should be one');
  return tenant;
}

const bad: QualitySum = { model: 'alpha', task: 'code', count: 8, scores: 0 };

/** A view whose time and answers the test decides; `settle` waits for what was asked. */
function setup() {
  const asked: string[] = [];
  const state = { nowMs: 0, isAway: false };
  const errors: unknown[] = [];
  const view = createQualityView({
    quality: {
      sums: (tenant, user) => {
        asked.push(user === undefined ? tenant : `${tenant}/${user}`);
        if (state.isAway) return Promise.reject(new Error('away'));
        return Promise.resolve(tenant === acme ? [bad] : []);
      },
    },
    catalog: () => sampleCatalog([sampleModel('alpha')]),
    clock: { monotonicMs: () => state.nowMs },
    onError: (error) => errors.push(error),
  });
  const settle = () => new Promise<void>((done) => setImmediate(done));
  return { view, state, asked, errors, settle };
}

test('knows a tenant after the first look, without being waited for, and nobody else', async () => {
  const { view, settle, asked } = setup();
  const ask = { tenant: acme, user: undefined, task: 'code' } as const;
  expect(view.of(ask)('alpha')).toBeUndefined();
  await settle();
  expect(view.of(ask)('alpha')).toEqual({ value: 0.25, source: 'tenant', samples: 8 });
  expect(view.of(ask)('no-model')).toBeUndefined();
  expect(view.of({ ...ask, task: 'chat' })('alpha')).toBeUndefined();
  const other = { ...ask, tenant: tenantNamed('other') };
  view.of(other);
  await settle();
  expect(view.of(other)('alpha')).toBeUndefined();
  expect(asked).toEqual(['acme', 'other']);
});

test('asks for users of tenants that have judged, and again after a while', async () => {
  const { view, settle, asked, state } = setup();
  const ask = { tenant: acme, user: 'ann', task: 'code' } as const;
  view.of(ask);
  await settle();
  view.of(ask);
  await settle();
  expect(view.of(ask)('alpha')?.source).toBe('user');
  expect(asked).toEqual(['acme', 'acme/ann']);
  state.nowMs = 5_000;
  view.of(ask);
  expect(asked).toEqual(['acme', 'acme/ann', 'acme', 'acme/ann']);
});

test('keeps what it saw last while the store is away', async () => {
  const { view, settle, state, errors } = setup();
  const ask = { tenant: acme, user: undefined, task: 'code' } as const;
  view.of(ask);
  await settle();
  Object.assign(state, { nowMs: 6_000, isAway: true });
  view.of(ask);
  await settle();
  expect(errors).toHaveLength(1);
  expect(view.of(ask)('alpha')?.value).toBe(0.25);
});
