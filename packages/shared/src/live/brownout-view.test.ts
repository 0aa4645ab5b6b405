import { expect, test } from 'vitest';
import { type BudgetFigures, newBudgetId } from '../domain/budget.ts';
import { ForebayError } from '../domain/forebay-error.ts';
import { parseTenantId } from '../domain/ids.ts';
import { tenantWithoutRecord } from '../domain/tenant.ts';
import { createBrownoutView } from './brownout-view.ts';

const acme = parseTenantId('acme') ?? raise();

function raise(): never {
  throw new Error('a tenant name should be one');
}

function figuresOf(spent: bigint, keyId?: string): BudgetFigures {
  return {
    tenant: acme,
    budget: {
      id: newBudgetId(),
      subject: keyId === undefined ? { kind: 'tenant' } : { kind: 'key', keyId },
      window: { kind: 'total' },
      limitNanoUsd: 1_000n,
      whenShort: 'wait',
      createdAtMs: 0,
    },
    renewsAtMs: undefined,
    reserved: 0n,
    spent,
    unknown: 0n,
  };
}

/** A view whose time and answers the test decides; `settle` waits for what was asked. */
function setup(brownoutPercent: number | undefined, all: readonly BudgetFigures[]) {
  const state = { nowMs: 0, all, asked: 0, isAway: false };
  const errors: unknown[] = [];
  const view = createBrownoutView({
    tenants: { read: () => Promise.resolve({ ...tenantWithoutRecord(acme), brownoutPercent }) },
    terms: {
      figures: () => {
        state.asked += 1;
        if (state.isAway) return Promise.reject(new ForebayError('store_unavailable', 'away'));
        return Promise.resolve(state.all);
      },
    },
    clock: { monotonicMs: () => state.nowMs },
    onError: (error) => errors.push(error),
  });
  const settle = () => new Promise<void>((done) => setImmediate(done));
  return { view, state, errors, settle };
}

test('tells a tenant below its share after the first look, without being waited for', async () => {
  const { view, settle } = setup(20, [figuresOf(700n), figuresOf(801n)]);
  expect(view.reasonFor({ tenant: acme })).toBeUndefined();
  await settle();
  expect(view.reasonFor({ tenant: acme })).toMatch(/^less than 20 % of budget bud_\w+ is left$/);
});

test('is not concerned by the budget of another key', async () => {
  const { view, settle } = setup(20, [figuresOf(900n, 'k1')]);
  view.reasonFor({ tenant: acme, payerKeyId: 'k1' });
  await settle();
  expect(view.reasonFor({ tenant: acme, payerKeyId: 'k1' })).toBeDefined();
  expect(view.reasonFor({ tenant: acme, payerKeyId: 'k2' })).toBeUndefined();
});

test('asks the store every few seconds, however many jobs come', async () => {
  const { view, state, settle } = setup(20, [figuresOf(900n)]);
  for (let job = 0; job < 100; job += 1) view.reasonFor({ tenant: acme });
  await settle();
  for (let job = 0; job < 100; job += 1) view.reasonFor({ tenant: acme });
  await settle();
  expect(state.asked).toBe(1);
  state.nowMs = 3_000;
  state.all = [figuresOf(0n)];
  view.reasonFor({ tenant: acme });
  await settle();
  expect(state.asked).toBe(2);
  expect(view.reasonFor({ tenant: acme })).toBeUndefined();
});

test('keeps what it saw last while the store is away', async () => {
  const { view, state, errors, settle } = setup(20, [figuresOf(900n)]);
  view.reasonFor({ tenant: acme });
  await settle();
  Object.assign(state, { nowMs: 3_000, isAway: true });
  view.reasonFor({ tenant: acme });
  await settle();
  expect(errors).toHaveLength(1);
  expect(view.reasonFor({ tenant: acme })).toBeDefined();
});

test('looks at no budgets of a tenant that has no share set', async () => {
  const { view, state, settle } = setup(undefined, [figuresOf(900n)]);
  view.reasonFor({ tenant: acme });
  await settle();
  expect([state.asked, view.reasonFor({ tenant: acme })]).toEqual([0, undefined]);
});
