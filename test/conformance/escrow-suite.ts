/** What the store must do with budgets of all tenants, which are lent to its shards. */
import type { GlobalBudget } from '@forebay/shared/domain/global-budget';
import type { NewJob } from '@forebay/shared/ports/job-store';
import { createEvents } from '@forebay/shared/telemetry/events';
import { keepAll } from '@forebay/worker/dispatch/escrow-keeper';
import { createThresholdWatch } from '@forebay/worker/dispatch/watch-thresholds';
import type { WorkerEventFields } from '@forebay/worker/worker-events';
import { describe, expect, it } from 'vitest';
import { globalBudgetOf, keepBudgets } from '../support/global-budgets.ts';
import {
  candidateFor,
  newJob,
  planFor,
  type TestStore,
  tenantNamed,
  useStore,
} from '../support/store.ts';
import { claim, leaseMs, success } from './job-calls.ts';

const day = 24 * 3_600_000;
/** Names that stand on different shards of the usual number. */
const [alice, bob] = [tenantNamed('alice'), tenantNamed('bob')];

async function setBudgets(store: TestStore, ...budgets: GlobalBudget[]): Promise<void> {
  await store.escrow.edit(() => budgets);
  await keepBudgets(store.escrow);
}

function costing(amount: bigint, changes: Partial<NewJob> = {}): NewJob {
  const plan = planFor(candidateFor('alpha', amount));
  return newJob({ plan, reservation: amount, ceiling: amount, ...changes });
}

async function run({ jobs }: TestStore, job: NewJob, cost: bigint): Promise<void> {
  expect((await claim(jobs, job)).kind).toBe('claimed');
  expect((await jobs.settle(success(job, 2, cost))).kind).toBe('settled');
}

async function isFed(store: TestStore, job: NewJob): Promise<boolean> {
  const { reservation } = job;
  return (await store.jobs.feed({ ...job, fence: 1, reservation })).kind === 'fed';
}

async function isHeld(store: TestStore, job: NewJob): Promise<boolean> {
  const admitted = await store.jobs.admit(job);
  return admitted.kind === 'admitted' && admitted.record.waitsFor !== undefined;
}

async function sums({ escrow }: TestStore) {
  const [figures] = await escrow.figures();
  const { granted = 0n, reserved, spent, unknown } = figures ?? {};
  return { granted, reserved, spent, unknown };
}

export function describeEscrow(name: string, url: () => string): void {
  const open = (): Promise<TestStore> => useStore(url(), { leaseMs });

  describe(`${name}: a budget of all tenants`, () => {
    it('tells of each threshold once, whoever looks, and of a new limit anew', async () => {
      const store = await open();
      const budget = globalBudgetOf(1_000n);
      await setBudgets(store, budget);
      const told: number[] = [];
      const events = createEvents<WorkerEventFields>((_, error) => {
        throw error;
      });
      events.on('global_budget.threshold', ({ percent }) => told.push(percent));
      const watches = ['one', 'two'].map((mark) =>
        createThresholdWatch({ escrow: store.escrow, events, mark }),
      );
      const look = async (): Promise<void> => {
        const { seen } = await keepAll(store.escrow, { turn: 0, taughtVersion: 0 });
        await Promise.all(watches.map((watch) => watch.look(seen)));
      };
      await look();
      for (const cost of [40n, 560n, 100n, 280n]) {
        const job = costing(cost);
        await isHeld(store, job);
        await look();
        await isFed(store, job);
        await run(store, job, cost);
        await look();
      }
      expect(told).toEqual([50, 95]);
      await setBudgets(store, { ...budget, limitNanoUsd: 1_500n });
      await look();
      expect(told).toEqual([50, 95, 50]);
    });

    it('is read as it was written, and loses no edit of many at once', async () => {
      const { escrow } = await open();
      const window = { kind: 'calendar', period: 'day', timeZone: 'Europe/Rome' } as const;
      const budgets = [globalBudgetOf(9_000_000_000_000_000n), globalBudgetOf(5n, { window })];
      await Promise.all(budgets.map((each) => escrow.edit((others) => [...others, each])));
      const { terms } = await escrow.read();
      expect(terms.version).toBe(2);
      expect(new Set(terms.budgets)).toEqual(new Set(budgets));
    });

    it('lets jobs of every shard use at once what it holds in advance', async () => {
      const store = await open();
      await setBudgets(store, globalBudgetOf(512_000n));
      const jobs = [costing(900n, { tenant: alice }), costing(800n, { tenant: bob })];
      for (const job of jobs) expect(await isHeld(store, job)).toBe(false);
      for (const job of jobs) await run(store, job, 500n);
      expect(await sums(store)).toMatchObject({ reserved: 0n, spent: 1_000n, unknown: 0n });
    });

    it('brings what a job lacks from where it lies idle, also under "reject"', async () => {
      const store = await open();
      await setBudgets(store, globalBudgetOf(64_000n, { whenShort: 'reject' }));
      const job = costing(60_000n, { tenant: alice });
      expect(await isHeld(store, job)).toBe(true);
      expect(await isFed(store, job)).toBe(false);
      await keepBudgets(store.escrow);
      expect(await isFed(store, job)).toBe(true);
      expect((await sums(store)).granted).toBeLessThanOrEqual(64_000n);
    });

    it('refuses what all together have no room for, and lets it wait elsewhere', async () => {
      const store = await open();
      const budget = globalBudgetOf(1_000n, { whenShort: 'reject' });
      await setBudgets(store, budget);
      const [first, second] = [costing(700n, { tenant: alice }), costing(400n, { tenant: bob })];
      await store.jobs.admit(first);
      await keepBudgets(store.escrow);
      expect(await isFed(store, first)).toBe(true);
      // The shard learns from its first attempt that others use the rest.
      expect(await isHeld(store, second)).toBe(true);
      await keepBudgets(store.escrow);
      const account = `all:${budget.id}`;
      expect(await store.jobs.admit(costing(400n, { tenant: bob }))).toMatchObject({
        kind: 'over_budget',
        account,
      });
      await run(store, first, 100n);
      await keepBudgets(store.escrow);
      expect(await isFed(store, second)).toBe(true);
    });

    it('ends the wait for money that nobody will give back', async () => {
      const store = await open();
      await setBudgets(store, globalBudgetOf(1_000n));
      const [first, second] = [costing(700n, { tenant: alice }), costing(400n, { tenant: bob })];
      await store.jobs.admit(first);
      await keepBudgets(store.escrow);
      expect(await isFed(store, first)).toBe(true);
      await store.jobs.admit(second);
      await run(store, first, 700n);
      await keepBudgets(store.escrow);
      const fed = await store.jobs.feed({ ...second, fence: 1, reservation: 400n });
      const shortage = { left: 300n, mayWait: false, isOfAll: true };
      expect(fed).toEqual({ kind: 'over_budget', ...shortage });
    });

    it('holds besides the budgets of a window, which begins with money in advance', async () => {
      const store = await open();
      const window = { kind: 'calendar', period: 'day', timeZone: 'UTC' } as const;
      await setBudgets(store, globalBudgetOf(512_000n, { window }), globalBudgetOf(9_000_000n));
      const deadlineAtMs = Date.now() + 10 * day;
      const job = costing(1_000n, { tenant: alice, deadlineAtMs });
      expect(await isHeld(store, job)).toBe(false);
      await run(store, job, 1_000n);
      expect(await isHeld(store, costing(800n, { tenant: alice, deadlineAtMs }))).toBe(true);
      const untilNext = day - (Date.now() % day);
      store.advance(untilNext - 1_000);
      await keepBudgets(store.escrow);
      store.advance(2_000);
      expect(await isHeld(store, costing(800n, { tenant: alice, deadlineAtMs }))).toBe(false);
      expect(await sums(store)).toMatchObject({ reserved: 800n, spent: 0n });
    });

    it('lets all go on when it is taken away', async () => {
      const store = await open();
      await setBudgets(store, globalBudgetOf(100n));
      const job = costing(90n, { tenant: alice });
      expect(await isHeld(store, job)).toBe(true);
      await setBudgets(store);
      const due = await store.jobs.listDue(store.keys.shardOf(alice), 10);
      expect(due.map(({ id }) => id)).toEqual([job.id]);
      expect(await isFed(store, job)).toBe(true);
    });
  });
}
