/** What every job store must do with several budgets or jobs at once, and with thresholds. */
import type { Budget } from '@forebay/shared/domain/budget';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { NewJob } from '@forebay/shared/ports/job-store';
import { describe, expect, it } from 'vitest';
import { endpointFor } from '../support/endpoint-for.ts';
import {
  answeredFor,
  candidateFor,
  newJob,
  plainSpec,
  planFor,
  type TestStore,
  testTenant,
  useStore,
} from '../support/store.ts';
import { budgetOf, setTerms, usedOf } from '../support/terms.ts';
import { claim, leaseMs, moveTo, success } from './job-calls.ts';

const dayMs = 24 * 3_600_000;

/** A line of a bulk call: it holds nothing before its claim. */
function line(changes: Partial<NewJob> = {}): NewJob {
  return newJob({ reservesWithClaim: true, ...changes });
}

async function admitted({ jobs }: TestStore, job: NewJob): Promise<NewJob> {
  expect((await jobs.admit(job)).kind).toBe('admitted');
  return job;
}

/** Runs a job to its end. */
async function run(
  { jobs }: TestStore,
  job: NewJob,
  { cost }: { readonly cost: bigint },
): Promise<void> {
  expect((await claim(jobs, job)).kind).toBe('claimed');
  expect((await jobs.settle(success(job, 2, cost))).kind).toBe('settled');
}

function describeTogether(name: string, open: () => Promise<TestStore>): void {
  describe(`${name}: budgets and jobs together`, () => {
    it('lets a job wait for what an earlier one of its call is going to hold', async () => {
      const store = await open();
      await setTerms(store, { budgets: [budgetOf(700n)] });
      const jobs = [newJob(), newJob()];
      const both = await store.jobs.admitGroup({ jobs, onRefusal: 'each' });
      expect(both).toMatchObject([
        { kind: 'admitted', record: { money: { reserved: 400n } } },
        { kind: 'admitted', record: { waitsFor: { kind: 'budget' }, money: { reserved: 0n } } },
      ]);
    });

    it('takes a line in with the first candidate that its budgets can ever buy', async () => {
      const store = await open();
      await setTerms(store, { budgets: [budgetOf(300n)] });
      const plan = planFor(candidateFor('alpha', 400n), candidateFor('beta', 250n));
      const cheaper = line({ plan });
      expect(await store.jobs.admit(cheaper)).toMatchObject({
        kind: 'admitted',
        record: { model: 'beta', money: { reserved: 0n } },
      });
      expect((await claim(store.jobs, cheaper)).kind).toBe('claimed');
      expect(await usedOf(store)).toEqual({ reserved: 250n, spent: 0n, unknown: 0n });
    });

    it('gives the key of a refused job to the next one of the same call', async () => {
      const store = await open();
      await setTerms(store, { budgets: [budgetOf(300n, { whenShort: 'reject' })] });
      const idempotency = { keyHash: 'a'.repeat(64), fingerprint: 'b'.repeat(64) };
      const plan = planFor(candidateFor('alpha', 200n));
      const jobs = [newJob({ idempotency }), newJob({ idempotency, plan, reservation: 200n })];
      const results = await store.jobs.admitGroup({ jobs, onRefusal: 'each' });
      expect(results.map(({ kind }) => kind)).toEqual(['over_budget', 'admitted']);
    });

    it('tells when a window begins anew only where that comes, and would help', async () => {
      const store = await open();
      const periods = { period: 'day', timeZone: 'UTC' } as const;
      const ask = async (window: Budget['window'], reservation: bigint) => {
        await setTerms(store, { budgets: [budgetOf(500n, { window, whenShort: 'reject' })] });
        await store.jobs.admit(newJob());
        return store.jobs.admit(newJob({ reservation, ceiling: reservation }));
      };
      const day = await ask({ kind: 'calendar', ...periods }, 400n);
      expect(day).toMatchObject({ mayHelpToWait: true, renewsAtMs: expect.any(Number) });
      const never = { mayHelpToWait: false, renewsAtMs: undefined };
      expect(await ask({ kind: 'calendar', ...periods }, 501n)).toMatchObject(never);
      const rolling = { kind: 'rolling', period: 'month' } as const;
      const later = { mayHelpToWait: true, renewsAtMs: undefined };
      expect(await ask(rolling, 400n)).toMatchObject(later);
      expect(await ask(rolling, 501n)).toMatchObject(never);
      await setTerms(store, { budgets: [budgetOf(500n, { window: rolling })] });
      await store.jobs.admit(newJob());
      const held = await store.jobs.admit(newJob());
      expect(held).toMatchObject({ record: { waitsFor: { renewsAtMs: undefined } } });
    });

    it('obeys the strictest of those that are short, and waits only if all can help', async () => {
      const store = await open();
      const [tight, strict] = [budgetOf(500n), budgetOf(700n, { whenShort: 'reject' })];
      await setTerms(store, { budgets: [tight, strict] });
      await store.jobs.admit(newJob());
      const refused = { kind: 'over_budget', account: tight.id, left: 100n };
      expect(await store.jobs.admit(newJob())).toMatchObject(refused);
      await setTerms(store, { budgets: [tight, budgetOf(350n)] });
      expect(await store.jobs.admit(newJob())).toMatchObject(refused);
    });
  });
}

function describeThresholds(name: string, open: () => Promise<TestStore>): void {
  const day = { kind: 'calendar', period: 'day', timeZone: 'UTC' } as const;
  const deadlineAtMs = Date.now() + 10 * dayMs;

  async function openWith(budget: Budget): Promise<TestStore> {
    const store = await open();
    await store.endpoints.write(endpointFor(testTenant, ['budget.threshold']));
    await setTerms(store, { budgets: [budget] });
    return store;
  }

  async function dataOf(store: TestStore): Promise<readonly JsonObject[]> {
    const shard = store.keys.shardOf(testTenant);
    const events = await store.outbox.take({ shard, limit: 10, perEndpoint: 9, holdMs: 1_000 });
    return events.map((event) => ('data' in event ? event.data : {}));
  }

  /** Percent and spent of each event so far. */
  async function told(store: TestStore): Promise<readonly unknown[]> {
    return (await dataOf(store)).map(({ percent, spent }) => [percent, spent]);
  }

  describe(`${name}: the thresholds of a budget`, () => {
    it('are told once for each window, whatever was corrected in between', async () => {
      const store = await openWith(budgetOf(1_000n, { window: day }));
      const [lost, next, last] = [0, 1, 2].map(() => newJob({ deadlineAtMs }));
      if (!(lost && next && last)) throw new Error('there are three');
      for (const job of [lost, next]) await store.jobs.admit(job);
      await claim(store.jobs, lost);
      store.advance(leaseMs + 1);
      await store.jobs.reassign(moveTo(lost, 'beta', { reservation: 100n }));
      await run(store, next, { cost: 200n });
      const late = { ...success(lost, 3, 0n), fence: 2, attempt: answeredFor(2, 10n) };
      expect((await store.jobs.settle(late)).kind).toBe('adopted');
      await store.jobs.admit(last);
      await run(store, last, { cost: 390n });
      expect(await told(store)).toEqual([[50, '0.0000002']]);
    });

    it('count each sum once, also of a job that goes on', async () => {
      const store = await openWith(budgetOf(700n));
      const job = await admitted(store, newJob());
      await claim(store.jobs, job);
      store.advance(leaseMs + 1);
      await store.jobs.reassign(moveTo(job, 'beta', { reservation: 250n }));
      const [{ reserved, unknown } = {}] = await dataOf(store);
      expect([reserved, unknown]).toEqual(['0.00000025', '0.0000004']);
      const late = { ...success(job, 3, 0n), fence: 2, attempt: answeredFor(2, 390n) };
      expect((await store.jobs.settle(late)).kind).toBe('adopted');
    });

    it('are told anew when the limit was changed', async () => {
      const budget = budgetOf(1_000n);
      const store = await openWith(budget);
      await run(store, await admitted(store, newJob()), { cost: 400n });
      await run(store, await admitted(store, newJob()), { cost: 400n });
      await setTerms(store, { budgets: [{ ...budget, limitNanoUsd: 1_600n }] });
      await run(store, await admitted(store, newJob()), { cost: 10n });
      await run(store, await admitted(store, newJob()), { cost: 10n });
      expect(await told(store)).toEqual([
        [80, '0.0000008'],
        [50, '0.00000081'],
      ]);
    });

    it('are told of the ceiling of a bulk call, which no other figure counts', async () => {
      const store = await openWith(budgetOf(10_000n));
      await store.jobs.limitBatch(testTenant, 'bulk_1', 900n);
      // Sent again with another one: the first stands.
      await store.jobs.limitBatch(testTenant, 'bulk_1', 9n);
      const spec = { ...plainSpec, batchId: 'bulk_1' };
      const lines = [line({ spec }), line({ spec })];
      await store.jobs.admitGroup({ jobs: lines, onRefusal: 'each' });
      for (const each of lines) await run(store, each, { cost: 390n });
      const shard = store.keys.shardOf(testTenant);
      const events = await store.outbox.take({ shard, limit: 10, perEndpoint: 9, holdMs: 1_000 });
      const [event, ...others] = events.map((each) => ('data' in each ? each.data : {}));
      expect(others).toEqual([]);
      expect(event).toMatchObject({ subject: 'batch', batch_id: 'bulk_1', percent: 80 });
      const { thresholds } = await store.figures.readShard(shard);
      expect(thresholds.every(({ count }) => count === 0)).toBe(true);
    });

    it('are not told of the present window anew after a charge to the one before', async () => {
      const store = await openWith(budgetOf(800n, { window: day }));
      const old = newJob({ deadlineAtMs });
      await store.jobs.admit(old);
      await claim(store.jobs, old);
      store.advance(dayMs);
      for (const cost of [400n, 10n]) {
        const job = newJob({ deadlineAtMs, reservation: cost });
        await store.jobs.admit(job);
        await run(store, job, { cost });
        await store.jobs.settle(success(old, 2, 400n));
      }
      expect(await told(store)).toEqual([[50, '0.0000004']]);
    });

    it('tell of all that a rolling window holds', async () => {
      const store = await openWith(
        budgetOf(1_000n, { window: { kind: 'rolling', period: 'day' } }),
      );
      const [first, second] = [newJob({ deadlineAtMs }), newJob({ deadlineAtMs })];
      await store.jobs.admit(first);
      await run(store, first, { cost: 300n });
      store.advance(dayMs / 2);
      await store.jobs.admit(second);
      await run(store, second, { cost: 250n });
      expect(await told(store)).toEqual([[50, '0.00000055']]);
    });
  });
}

export function describeBudgetsTogether(name: string, url: () => string): void {
  const open = (): Promise<TestStore> => useStore(url(), { leaseMs });
  describeTogether(name, open);
  describeThresholds(name, open);
}
