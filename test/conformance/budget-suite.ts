/** What every job store must do with budgets, places and pauses. */
import { limits } from '@forebay/shared/domain/limits';
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
import { claim, leaseMs, moveTo, mustRead, success } from './job-calls.ts';

const dayMs = 24 * 3_600_000;

/** A line of a bulk call: it holds nothing before its claim. */
function line(changes: Partial<NewJob> = {}): NewJob {
  return newJob({ reservesWithClaim: true, ...changes });
}

function feed(store: TestStore, job: NewJob, fence = 1) {
  return store.jobs.feed({ ...job, fence, reservation: job.reservation });
}

async function isDue(store: TestStore, job: NewJob): Promise<boolean> {
  const due = await store.jobs.listDue(store.keys.shardOf(job.tenant), 100);
  return due.some(({ id }) => id === job.id);
}

/** Runs a job to its end. */
async function run(
  { jobs }: TestStore,
  job: NewJob,
  { cost, fence = 1 }: { readonly cost: bigint; readonly fence?: number },
): Promise<void> {
  expect((await claim(jobs, job, { fence })).kind).toBe('claimed');
  expect((await jobs.settle(success(job, fence + 1, cost))).kind).toBe('settled');
}

function describeIntake(name: string, open: () => Promise<TestStore>): void {
  describe(`${name}: a budget at intake`, () => {
    it('refuses what does not fit, where it may not wait, and makes nothing', async () => {
      const store = await open();
      const budget = budgetOf(1_000n, { whenShort: 'reject' });
      await setTerms(store, { budgets: [budget] });
      expect((await store.jobs.admit(newJob())).kind).toBe('admitted');
      expect((await store.jobs.admit(newJob())).kind).toBe('admitted');
      const third = newJob();
      expect(await store.jobs.admit(third)).toEqual({
        kind: 'over_budget',
        account: budget.id,
        isOfAll: false,
        left: 200n,
        renewsAtMs: undefined,
        mayHelpToWait: true,
      });
      expect(await store.jobs.read(third)).toBeUndefined();
      expect(await usedOf(store)).toEqual({ reserved: 800n, spent: 0n, unknown: 0n });
    });

    it('judges the jobs of one call in turn, and all of them before it writes', async () => {
      const store = await open();
      await setTerms(store, { budgets: [budgetOf(1_000n, { whenShort: 'reject' })] });
      const jobs = [newJob(), newJob(), newJob()];
      const all = await store.jobs.admitGroup({ jobs, onRefusal: 'all_or_none' });
      expect(all.map(({ kind }) => kind)).toEqual(['withheld', 'withheld', 'over_budget']);
      expect(await usedOf(store)).toEqual({ reserved: 0n, spent: 0n, unknown: 0n });
      const each = await store.jobs.admitGroup({ jobs, onRefusal: 'each' });
      expect(each.map(({ kind }) => kind)).toEqual(['admitted', 'admitted', 'over_budget']);
    });

    it('lets a job wait that fits once others end, and refuses one that never will', async () => {
      const store = await open();
      await setTerms(store, { budgets: [budgetOf(700n)] });
      const [first, second] = [newJob(), newJob()];
      await store.jobs.admit(first);
      const held = await store.jobs.admit(second);
      expect(held).toMatchObject({
        kind: 'admitted',
        record: { state: 'queued', statusReason: { code: 'held' }, waitsFor: { kind: 'budget' } },
      });
      expect(await store.jobs.admit(second)).toEqual(held);
      expect((await feed(store, second)).kind).toBe('held');
      expect((await claim(store.jobs, second)).kind).toBe('conflict');
      const huge = newJob({ reservation: 701n });
      expect(await store.jobs.admit(huge)).toMatchObject({ kind: 'over_budget', left: 300n });

      expect(await isDue(store, second)).toBe(false);
      await run(store, first, { cost: 300n });
      expect(await isDue(store, second)).toBe(true);
      expect(await feed(store, second)).toMatchObject({
        kind: 'fed',
        record: { statusReason: { code: 'queued' }, money: { reserved: 400n } },
      });
      expect(await usedOf(store)).toEqual({ reserved: 400n, spent: 300n, unknown: 0n });
      await run(store, second, { cost: 400n });
      expect(await usedOf(store)).toEqual({ reserved: 0n, spent: 700n, unknown: 0n });
    });

    it('takes the first candidate that fits, where the policy says so', async () => {
      const store = await open();
      await setTerms(store, { budgets: [budgetOf(600n, { whenShort: 'cheaper' })] });
      const plan = planFor(
        candidateFor('alpha', 400n),
        candidateFor('beta', 300n),
        candidateFor('gamma', 100n),
      );
      await store.jobs.admit(newJob({ plan }));
      const second = await store.jobs.admit(newJob({ plan }));
      expect(second).toMatchObject({
        record: { model: 'gamma', money: { reserved: 100n }, statusReason: { code: 'queued' } },
      });
    });

    it('holds for one key alone, where it is a key’s, and nests with the others', async () => {
      const store = await open();
      const ofKey = budgetOf(500n, { subject: { kind: 'key', keyId: 'k1' }, whenShort: 'reject' });
      const ofAll = budgetOf(1_000n, { whenShort: 'reject' });
      await setTerms(store, { budgets: [ofKey, ofAll] });
      const withKey = (keyId: string): NewJob => newJob({ spec: { ...plainSpec, keyId } });
      expect((await store.jobs.admit(withKey('k1'))).kind).toBe('admitted');
      expect(await store.jobs.admit(withKey('k1'))).toMatchObject({ account: ofKey.id });
      expect((await store.jobs.admit(withKey('k2'))).kind).toBe('admitted');
      expect(await store.jobs.admit(withKey('k2'))).toMatchObject({ account: ofAll.id });
    });

    it('takes nothing in for a tenant whose money was stopped', async () => {
      const store = await open();
      await setTerms(store, { stopped: 'its sums differ' });
      expect(await store.jobs.admit(newJob())).toEqual({
        kind: 'stopped',
        reason: 'its sums differ',
      });
    });

    it('lets exactly as many of 200 at once hold money as fit', async () => {
      const store = await open();
      await setTerms(store, { budgets: [budgetOf(8_000n, { whenShort: 'reject' })] });
      const results = await Promise.all(
        Array.from({ length: 200 }, () => store.jobs.admit(newJob())),
      );
      expect(results.filter(({ kind }) => kind === 'admitted')).toHaveLength(20);
      expect(await usedOf(store)).toEqual({ reserved: 8_000n, spent: 0n, unknown: 0n });
    });
  });
}

function describeWork(name: string, open: () => Promise<TestStore>): void {
  describe(`${name}: a budget while jobs run`, () => {
    it('is asked at a line’s claim, and voids the ticket of one that does not fit', async () => {
      const store = await open();
      await setTerms(store, { budgets: [budgetOf(500n)] });
      const lines = [line(), line()] as const;
      await store.jobs.admitGroup({ jobs: lines, onRefusal: 'each' });
      expect(await usedOf(store)).toEqual({ reserved: 0n, spent: 0n, unknown: 0n });
      expect((await claim(store.jobs, lines[0])).kind).toBe('claimed');
      expect(await claim(store.jobs, lines[1])).toEqual({ kind: 'held' });
      expect(await claim(store.jobs, lines[1])).toMatchObject({ kind: 'conflict', fence: 2 });
      expect(await usedOf(store)).toEqual({ reserved: 400n, spent: 0n, unknown: 0n });
      await store.jobs.settle(success(lines[0], 2, 50n));
      expect((await feed(store, lines[1], 2)).kind).toBe('fed');
      await run(store, lines[1], { cost: 60n, fence: 2 });
      expect(await usedOf(store)).toEqual({ reserved: 0n, spent: 110n, unknown: 0n });
    });

    it('holds for a bulk call as its ceiling', async () => {
      const store = await open();
      const spec = { ...plainSpec, batchId: 'bulk_1' };
      const lines = [line({ spec }), line({ spec }), line({ spec })] as const;
      await store.jobs.limitBatch(testTenant, 'bulk_1', 900n);
      // A line may start as late as may be, and have as late a deadline after that.
      const money = store.keys.batchMoney(testTenant, 'bulk_1');
      const staysMs = 2 * limits.deadlineMaxMs + limits.retentionMs - 60_000;
      expect(await store.client.pttl(money)).toBeGreaterThan(staysMs);
      // Lines may also come long after the ceiling was set, and need not name it again.
      await store.client.pexpire(money, 60_000);
      await store.jobs.admitGroup({ jobs: lines, onRefusal: 'each' });
      expect(await store.client.pttl(money)).toBeGreaterThan(staysMs);
      await run(store, lines[0], { cost: 400n });
      await run(store, lines[1], { cost: 400n });
      expect((await claim(store.jobs, lines[2])).kind).toBe('held');
      expect(await isDue(store, lines[2])).toBe(true);
      const shortage = { left: 100n, mayWait: false, isOfAll: false };
      expect(await feed(store, lines[2], 2)).toEqual({ kind: 'over_budget', ...shortage });
    });

    it('says what is left to a move that it has no room for, which may then wait', async () => {
      const store = await open();
      await setTerms(store, { budgets: [budgetOf(800n)] });
      const [job, other] = [newJob(), newJob()];
      await store.jobs.admit(job);
      await store.jobs.admit(other);
      await claim(store.jobs, job);
      store.advance(leaseMs + 1);
      const move = moveTo(job, 'beta', {});
      const shortage = { left: 0n, mayWait: true, isOfAll: false };
      expect(await store.jobs.reassign(move)).toEqual({ kind: 'short', ...shortage });
      expect((await mustRead(store.jobs, job)).state).toBe('running');
      const moved = await store.jobs.reassign({ ...move, whenShort: 'wait' });
      expect(moved).toMatchObject({ record: { waitsFor: { kind: 'budget' }, fence: 3 } });
      expect(await usedOf(store)).toEqual({ reserved: 400n, spent: 0n, unknown: 400n });
      // The answer was there after all, for less: what it gives back lets its own job go on.
      const late = { ...success(job, 3, 0n), fence: 2, attempt: answeredFor(2, 100n) };
      expect((await store.jobs.settle(late)).kind).toBe('adopted');
      expect(await usedOf(store)).toEqual({ reserved: 400n, spent: 100n, unknown: 0n });
    });

    it('begins anew in its next window, and charges what began before to the old one', async () => {
      const store = await open();
      const window = { kind: 'calendar', period: 'day', timeZone: 'UTC' } as const;
      await setTerms(store, { budgets: [budgetOf(500n, { window })] });
      const deadlineAtMs = Date.now() + 10 * dayMs;
      const [first, second] = [newJob({ deadlineAtMs }), newJob({ deadlineAtMs })];
      await store.jobs.admit(first);
      await claim(store.jobs, first);
      expect(await store.jobs.admit(second)).toMatchObject({ record: { waitsFor: {} } });
      store.advance(dayMs);
      expect(await isDue(store, second)).toBe(true);
      expect((await feed(store, second)).kind).toBe('fed');
      await store.jobs.settle(success(first, 2, 400n));
      expect(await usedOf(store)).toEqual({ reserved: 400n, spent: 0n, unknown: 0n });
    });

    it('forgets what is older than a rolling window', async () => {
      const store = await open();
      const window = { kind: 'rolling', period: 'day' } as const;
      await setTerms(store, { budgets: [budgetOf(500n, { window, whenShort: 'reject' })] });
      const deadlineAtMs = Date.now() + 10 * dayMs;
      const job = newJob({ deadlineAtMs });
      await store.jobs.admit(job);
      await run(store, job, { cost: 400n });
      store.advance(dayMs / 2);
      expect((await store.jobs.admit(newJob({ deadlineAtMs }))).kind).toBe('over_budget');
      store.advance(dayMs / 2 - 1_000);
      expect((await store.jobs.admit(newJob({ deadlineAtMs }))).kind).toBe('over_budget');
      store.advance(1_000 + dayMs / 60);
      expect((await store.jobs.admit(newJob({ deadlineAtMs }))).kind).toBe('admitted');
    });

    it('is asked again at the claim for what was held longer than a rolling window', async () => {
      const store = await open();
      const window = { kind: 'rolling', period: 'day' } as const;
      await setTerms(store, { budgets: [budgetOf(500n, { window })] });
      const deadlineAtMs = Date.now() + 10 * dayMs;
      const [old, young] = [newJob({ deadlineAtMs }), newJob({ deadlineAtMs })];
      await store.jobs.admit(old);
      store.advance(2 * dayMs);
      await store.jobs.admit(young);
      expect(await usedOf(store)).toMatchObject({ reserved: 400n });
      expect((await claim(store.jobs, old)).kind).toBe('held');
      expect((await claim(store.jobs, young)).kind).toBe('claimed');
      expect(await usedOf(store)).toMatchObject({ reserved: 400n });
    });

    it('is not asked for a job that only gets a new ticket', async () => {
      const store = await open();
      await setTerms(store, { budgets: [budgetOf(500n)] });
      const job = newJob();
      await store.jobs.admit(job);
      await setTerms(store, { budgets: [budgetOf(100n)] });
      const ticket = moveTo(job, 'alpha', { fence: 1, from: ['queued'], attempt: undefined });
      const moved = await store.jobs.reassign({ ...ticket, reservation: 400n, workerDied: false });
      expect(moved).toMatchObject({ record: { fence: 2, money: { reserved: 400n } } });
      expect((await claim(store.jobs, job, { fence: 2 })).kind).toBe('claimed');
    });

    it('is told of once at each threshold that what was charged has reached', async () => {
      const store = await open();
      await store.endpoints.write(endpointFor(testTenant, ['budget.threshold']));
      const budget = budgetOf(1_000n);
      await setTerms(store, { budgets: [budget] });
      for (const cost of [400n, 150n, 0n, 260n]) {
        const job = newJob({ reservation: cost, plan: planFor(candidateFor('alpha', cost)) });
        await store.jobs.admit(job);
        await run(store, job, { cost });
      }
      const shard = store.keys.shardOf(testTenant);
      const events = await store.outbox.take({ shard, limit: 10, perEndpoint: 9, holdMs: 1_000 });
      expect(events.map(({ type }) => type)).toEqual(['budget.threshold', 'budget.threshold']);
      const told = events.map((event) => ('data' in event ? event.data : {}));
      expect(told).toMatchObject([
        { budget: budget.id, percent: 50, spent: '0.00000055', reserved: '0', limit: '0.000001' },
        { budget: budget.id, percent: 80, spent: '0.00000081', reserved: '0' },
      ]);
    });
  });
}

/** A tenant's one place has just come free, and these jobs stand in line for it. */
async function queueFor(open: () => Promise<TestStore>, jobs: readonly NewJob[]) {
  const store = await open();
  await setTerms(store, { inFlight: [{ subject: { kind: 'tenant' }, max: 1 }] });
  const running = newJob();
  await store.jobs.admit(running);
  await claim(store.jobs, running);
  for (const job of jobs) {
    await store.jobs.admit(job);
    expect((await claim(store.jobs, job)).kind).toBe('held');
  }
  await store.jobs.settle(success(running, 2, 1n));
  return store;
}

function describeHalts(name: string, open: () => Promise<TestStore>): void {
  describe(`${name}: places and pauses`, () => {
    it('lets no more jobs of a key run than may, and the next one when one has ended', async () => {
      const store = await open();
      await setTerms(store, { inFlight: [{ subject: { kind: 'key', keyId: 'k1' }, max: 1 }] });
      const spec = { ...plainSpec, keyId: 'k1' };
      const [first, second, other] = [newJob({ spec }), newJob({ spec }), newJob()];
      for (const job of [first, second, other]) await store.jobs.admit(job);
      expect((await claim(store.jobs, first)).kind).toBe('claimed');
      expect((await claim(store.jobs, other)).kind).toBe('claimed');
      expect((await claim(store.jobs, second)).kind).toBe('held');
      expect(await mustRead(store.jobs, second)).toMatchObject({
        waitsFor: { kind: 'in_flight' },
        money: { reserved: 400n },
      });
      expect((await feed(store, second, 2)).kind).toBe('held');
      await store.jobs.settle(success(first, 2, 1n));
      expect(await isDue(store, second)).toBe(true);
      expect((await feed(store, second, 2)).kind).toBe('fed');
      expect((await claim(store.jobs, second, { fence: 2 })).kind).toBe('claimed');
    });

    it('lets only as many leave the line as places are free, however many are woken', async () => {
      const [first, second, third, fourth] = [newJob(), newJob(), newJob(), newJob()];
      const store = await queueFor(open, [first, second, third, fourth]);
      expect((await feed(store, first, 2)).kind).toBe('fed');
      expect((await feed(store, first, 2)).kind).toBe('fed');
      // It has a ticket and does not run yet; its place is not for the others.
      for (const job of [second, third, fourth]) {
        expect((await feed(store, job, 2)).kind).toBe('held');
      }
      expect((await claim(store.jobs, first, { fence: 2 })).kind).toBe('claimed');
      expect((await feed(store, second, 2)).kind).toBe('held');
      await store.jobs.settle(success(first, 3, 1n));
      expect((await feed(store, second, 2)).kind).toBe('fed');
      expect((await feed(store, third, 2)).kind).toBe('held');
      // Who was let go and ends instead leaves its place to the next one.
      expect((await store.jobs.cancel(second)).kind).toBe('cancelled');
      expect((await feed(store, third, 2)).kind).toBe('fed');
    });

    it('keeps a place free for half a minute for a job that never comes', async () => {
      const [lost, next] = [newJob(), newJob()];
      const store = await queueFor(open, [lost, next]);
      expect((await feed(store, lost, 2)).kind).toBe('fed');
      store.advance(29_000);
      expect((await feed(store, next, 2)).kind).toBe('held');
      store.advance(1_000);
      expect((await feed(store, next, 2)).kind).toBe('fed');
    });

    it('starts no job of a paused tenant, and lets all go on at its end', async () => {
      const store = await open();
      const job = newJob();
      await store.jobs.admit(job);
      await setTerms(store, { paused: true });
      expect((await claim(store.jobs, job)).kind).toBe('held');
      expect((await feed(store, job, 2)).kind).toBe('held');
      expect(await isDue(store, job)).toBe(false);
      await setTerms(store, { paused: false });
      expect(await isDue(store, job)).toBe(true);
      expect((await feed(store, job, 2)).kind).toBe('fed');
    });

    it('forgets a job in line that is cancelled', async () => {
      const store = await open();
      await setTerms(store, { paused: true });
      const job = newJob();
      await store.jobs.admit(job);
      await claim(store.jobs, job);
      expect((await store.jobs.cancel(job)).kind).toBe('cancelled');
      const { money } = store.keys.job(job.tenant, job.id);
      expect(await store.client.zcard(`${money}:waiting`)).toBe(0);
      expect(await store.client.scard(`${money}:open`)).toBe(0);
      expect(await store.client.hget(money, 'reserved')).toBe('0');
    });
  });
}

export function describeBudgets(name: string, url: () => string): void {
  const open = (): Promise<TestStore> => useStore(url(), { leaseMs });
  describeIntake(name, open);
  describeWork(name, open);
  describeHalts(name, open);
}
