/** What the audit of money must find, and what it must not; on a single server and a cluster. */
import type { Budget } from '@forebay/shared/domain/budget';
import { newToken, type TenantId } from '@forebay/shared/domain/ids';
import type { NewJob } from '@forebay/shared/ports/job-store';
import type { MoneyFindings } from '@forebay/shared/tenants/audit-money';
import { describe, expect, it } from 'vitest';
import { auditShardOf, confirmAfterMs, wrongMoney } from '../support/audit-money.ts';
import {
  answeredFor,
  newJob,
  type TestStore,
  tenantNamed,
  testTenant,
  useStore,
} from '../support/store.ts';
import { budgetOf, setTerms } from '../support/terms.ts';
import { claim, leaseMs, moveTo, success } from './job-calls.ts';

const day = 24 * 3_600_000;
function look(store: TestStore): Promise<MoneyFindings> {
  return auditShardOf(store, testTenant);
}

function findings(store: TestStore) {
  return wrongMoney(store, testTenant);
}

/** Runs a job to its end. */
async function run(store: TestStore, cost: bigint, changes: Partial<NewJob> = {}): Promise<void> {
  const job = newJob(changes);
  await store.jobs.admit(job);
  expect((await claim(store.jobs, job)).kind).toBe('claimed');
  expect((await store.jobs.settle(success(job, 2, cost))).kind).toBe('settled');
}

const windows: readonly (readonly [string, Budget['window']])[] = [
  ['total', { kind: 'total' }],
  ['of a calendar day', { kind: 'calendar', period: 'day', timeZone: 'UTC' }],
  ['of the last day', { kind: 'rolling', period: 'day' }],
];

export function describeMoneyAudit(name: string, url: () => string): void {
  const open = (): Promise<TestStore> => useStore(url(), { leaseMs });

  /** A tenant that was looked at before its first job. */
  async function setup(budgets: readonly Budget[] = []): Promise<TestStore> {
    const store = await open();
    await look(store);
    await setTerms(store, { budgets });
    return store;
  }

  describe(`${name}: the audit of money`, () => {
    it('finds nothing wrong, wherever jobs stand', async () => {
      const store = await setup(windows.map(([, window]) => budgetOf(100_000n, { window })));
      await run(store, 123n);
      await store.jobs.admit(newJob());
      const running = newJob();
      await store.jobs.admit(running);
      await claim(store.jobs, running);
      const lost = newJob();
      await store.jobs.admit(lost);
      await claim(store.jobs, lost);
      store.advance(leaseMs + 1);
      await store.jobs.reassign(moveTo(lost, 'beta', {}));
      expect(await findings(store)).toEqual([]);
      // The lost worker speaks after all: what was unknown becomes known.
      const late = { ...success(lost, 2, 5n), attempt: answeredFor(2, 5n) };
      expect((await store.jobs.settle(late)).kind).toBe('adopted');
      expect(await findings(store)).toEqual([]);
      expect(await look(store)).toMatchObject({ skipped: 0 });
    });

    it.each(['spent', 'unknown', 'reserved'] as const)(
      'finds a changed counter: %s',
      async (counter) => {
        const store = await setup();
        await run(store, 123n);
        await store.jobs.admit(newJob());
        const must = { spent: '123', unknown: '0', reserved: '400' }[counter];
        await store.client.hincrby(store.keys.money(testTenant), counter, 7);
        const says = (BigInt(must) + 7n).toString();
        expect(await findings(store)).toEqual([`${counter} ${must} ${says}`]);
        await store.client.hincrby(store.keys.money(testTenant), counter, -7);
        expect(await findings(store)).toEqual([]);
      },
    );

    it.each(windows)('finds a changed budget: %s', async (_, window) => {
      const budget = budgetOf(100_000n, { window });
      const store = await setup([budget]);
      await run(store, 123n);
      await store.jobs.admit(newJob());
      const account = `${store.keys.money(testTenant)}:${budget.id}`;
      const fields = Object.keys(await store.client.hgetall(account));
      const field = (what: string): string => {
        const found = fields.find((each) => each.endsWith(`:${what}`));
        if (found === undefined) throw new Error(`the budget has nothing ${what}`);
        return found;
      };
      await store.client.hincrby(account, field('spent'), -23);
      await store.client.hdel(account, field('reserved'));
      expect(await findings(store)).toEqual([
        `${budget.id}@${field('reserved')} 400 0`,
        `${budget.id}@${field('spent')} 123 100`,
      ]);
      if (window.kind === 'total') return;
      // What no longer counts is no longer judged.
      store.advance(2 * day);
      await setTerms(store, {});
      expect(await findings(store)).toEqual([]);
    });

    it('finds an entry that was taken out of the ledger', async () => {
      const store = await setup();
      await run(store, 123n);
      await run(store, 77n);
      const ledger = store.keys.ledger(store.keys.shardOf(testTenant));
      const [entry] = await store.client.xrange(ledger, '-', '+');
      await store.client.xdel(ledger, entry?.[0] ?? '');
      expect(await findings(store)).toEqual(['spent 77 200']);
    });

    it('finds a reservation that nobody holds any more', async () => {
      const store = await setup();
      await run(store, 1n);
      const job = newJob();
      await store.jobs.admit(job);
      await store.client.del(store.keys.job(job.tenant, job.id).job);
      expect(await findings(store)).toEqual(['reserved 0 400']);
    });

    it('confirms a difference only at a later look, and forgets one that was mended', async () => {
      const store = await setup();
      await run(store, 123n);
      const money = store.keys.money(testTenant);
      await store.client.hincrby(money, 'spent', 1);
      const isConfirmed = async () => (await look(store)).drifts.map((drift) => drift.isConfirmed);
      expect(await isConfirmed()).toEqual([false]);
      expect(await isConfirmed()).toEqual([false]);
      store.advance(confirmAfterMs);
      expect(await isConfirmed()).toEqual([true]);
      await store.client.hincrby(money, 'spent', -1);
      expect(await isConfirmed()).toEqual([]);
      await store.client.hincrby(money, 'spent', 1);
      expect(await isConfirmed()).toEqual([false]);
    });

    it('adds up without loss above what a floating number holds', async () => {
      const store = await setup();
      await run(store, 1n);
      await look(store);
      const large = '9223372036854775000';
      const sums = `${store.keys.moneyAudit(store.keys.shardOf(testTenant))}:of:${testTenant}`;
      await store.client.hset(sums, 'spent', large);
      await store.client.hset(store.keys.money(testTenant), 'spent', large);
      await run(store, 7n);
      expect(await findings(store)).toEqual([]);
      await store.client.hincrby(store.keys.money(testTenant), 'spent', -1);
      expect(await findings(store)).toEqual(['spent 9223372036854775007 9223372036854775006']);
    });

    it('judges only what it has summed up to the end, in bounded steps', async () => {
      const store = await setup();
      const ledger = store.keys.ledger(store.keys.shardOf(testTenant));
      const accounts = 'all:bud_1@all batch:bulk_1@all bud_2@all';
      const plain = ['tenant', testTenant, 'spent', '2', 'unknown', '0', 'accounts', accounts];
      for (let n = 0; n < 600; n += 1) await store.client.xadd(ledger, '*', ...plain);
      await store.client.hincrby(store.keys.money(testTenant), 'spent', 1_200);
      const step = { after: '', confirmAfterMs };
      const shard = store.keys.shardOf(testTenant);
      expect((await store.moneyAudit.audit(shard, step)).kind).toBe('behind');
      expect((await store.moneyAudit.audit(shard, step)).kind).toBe('behind');
      expect(await store.moneyAudit.audit(shard, step)).toMatchObject({ drifts: [] });
      // What several tenants share, and what ends with its jobs, is not summed up.
      const sums = `${store.keys.moneyAudit(shard)}:of:${testTenant}`;
      expect(await store.client.hgetall(sums)).toEqual({
        spent: '1200',
        'bud_2@all:spent': '1200',
      });
      const marks = store.keys.ledgerMarks(shard);
      const [last] = await store.client.xrevrange(ledger, '+', '-', 'COUNT', 1);
      expect(await store.client.hget(marks, 'audited')).toBe(last?.[0]);
    });

    it('goes through all tenants of a shard', async () => {
      const store = await open();
      const shard = store.keys.shardOf(testTenant);
      const tenants: TenantId[] = [];
      for (let n = 0; tenants.length < 45; n += 1) {
        const tenant = tenantNamed(`tenant-${n}`);
        if (store.keys.shardOf(tenant) === shard) tenants.push(tenant);
      }
      await look(store);
      for (const tenant of tenants) await run(store, 5n, { tenant });
      const wrong = tenants.filter((_, index) => index % 10 === 3);
      for (const tenant of wrong) {
        await store.client.hincrby(store.keys.money(tenant), 'spent', 1);
      }
      const { drifts } = await look(store);
      expect(drifts.map(({ tenant }) => tenant).toSorted()).toEqual(wrong.toSorted());
    });
  });

  describeBeginning(name, open);
  describeRepair(name, setup);
}

function describeBeginning(name: string, open: () => Promise<TestStore>): void {
  describe(`${name}: an audit that begins late`, () => {
    it('believes what it finds, and judges what comes after', async () => {
      const store = await open();
      const budget = budgetOf(100_000n);
      await setTerms(store, { budgets: [budget] });
      await run(store, 123n);
      const money = store.keys.money(testTenant);
      // From a time before there was a ledger, and jobs from before there was an open set.
      await store.client.hincrby(money, 'spent', 1_000);
      await store.client.hincrby(money, 'reserved', 800);
      expect(await findings(store)).toEqual([]);
      await run(store, 7n);
      expect(await findings(store)).toEqual([]);
      await store.client.hincrby(money, 'reserved', -400);
      expect(await findings(store)).toEqual([]);
      await store.client.hincrby(money, 'reserved', 400);
      expect(await findings(store)).toEqual(['reserved 0 800']);
      await store.client.hincrby(money, 'reserved', -800);
      await store.client.hincrby(`${money}:${budget.id}`, 'all:spent', 1);
      await store.client.hincrby(money, 'spent', -1);
      expect(await findings(store)).toEqual([`${budget.id}@all:spent 130 131`, 'spent 1130 1129']);
    });
  });
}

function describeRepair(
  name: string,
  setup: (budgets?: readonly Budget[]) => Promise<TestStore>,
): void {
  describe(`${name}: the repair of money`, () => {
    it('sets what is wrong and nothing else, also while jobs run', async () => {
      const budget = budgetOf(100_000n);
      const store = await setup([budget]);
      await run(store, 123n);
      const running = newJob();
      await store.jobs.admit(running);
      await claim(store.jobs, running);
      const money = store.keys.money(testTenant);
      await store.client.hincrby(money, 'spent', 5);
      await store.client.hincrby(money, 'reserved', -100);
      await store.client.hincrby(`${money}:${budget.id}`, 'all:spent', -3);
      const { repaired, skippedReservations } = await store.moneyAudit.repair(testTenant);
      expect(skippedReservations).toBe(false);
      expect(repaired.map(({ counter, mustBe, says }) => [counter, mustBe, says])).toEqual([
        ['reserved', '400', '300'],
        ['spent', '123', '128'],
        [`${budget.id}@all:spent`, '123', '120'],
      ]);
      expect(await findings(store)).toEqual([]);
      expect((await store.moneyAudit.repair(testTenant)).repaired).toEqual([]);
      await store.jobs.settle({ ...success(running, 2, 9n), settlement: newToken('settle') });
      expect(await findings(store)).toEqual([]);
      expect(await store.client.hmget(money, 'reserved', 'spent')).toEqual(['0', '132']);
    });
  });
}
