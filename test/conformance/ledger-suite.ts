/** What every job store must write about ends into the ledger; run on both servers. */
import { ledgerStart } from '@forebay/shared/domain/ledger-line';
import { describe, expect, it } from 'vitest';
import { readLedger } from '../support/read-ledger.ts';
import { newJob, type TestStore, testTenant, useStore } from '../support/store.ts';
import { claim, leaseMs, moveTo, success } from './job-calls.ts';

export function describeLedger(name: string, url: () => string): void {
  describe(`${name}: the ledger`, () => {
    const open = (): Promise<TestStore> => useStore(url(), { leaseMs });

    async function mustAddUp(store: TestStore): Promise<readonly Record<string, string>[]> {
      const { money } = store.keys.job(testTenant, newJob().id);
      const [entries, account] = await Promise.all([
        readLedger(store, testTenant),
        store.client.hgetall(money),
      ]);
      for (const field of ['spent', 'unknown'] as const) {
        const sum = entries.reduce((total, entry) => total + BigInt(entry[field] ?? ''), 0n);
        expect(sum, field).toBe(BigInt(account[field] ?? '0'));
      }
      return entries;
    }

    it('tells of a settled attempt once, with what it was and what it cost', async () => {
      const store = await open();
      const job = newJob();
      await store.jobs.admit(job);
      await claim(store.jobs, job);
      await store.jobs.settle(success(job, 2, 123n));
      await store.jobs.settle(success(job, 2, 123n));
      const entries = await mustAddUp(store);
      expect(entries).toHaveLength(1);
      const [entry] = entries;
      expect(entry).toMatchObject({
        tenant: testTenant,
        job: job.id,
        fence: '2',
        state: 'succeeded',
        spent: '123',
        unknown: '0',
        ends: '1',
        late: '',
        model: 'alpha',
      });
      expect(JSON.parse(entry?.['start'] ?? '')).toMatchObject({ n: '1', reserved: '400' });
      expect(JSON.parse(entry?.['end'] ?? '')).toMatchObject({ costNanoUsd: '123' });
      expect(JSON.parse(entry?.['spec'] ?? '')).toMatchObject({ requested: 'alpha' });
    });

    it('tells of an attempt after which the job moved on, and of its next model', async () => {
      const store = await open();
      const job = newJob();
      await store.jobs.admit(job);
      await claim(store.jobs, job);
      store.advance(leaseMs + 1);
      await store.jobs.reassign(moveTo(job, 'beta', {}));
      await store.jobs.reassign(moveTo(job, 'beta', {}));
      const entries = await mustAddUp(store);
      expect(entries).toHaveLength(1);
      expect(entries[0]).toMatchObject({ unknown: '400', state: 'queued', ends: '', next: 'beta' });
    });

    it('is read along from a mark that its reader moves', async () => {
      const store = await open();
      const jobs = [newJob(), newJob(), newJob()];
      await store.jobs.admitGroup({ jobs, onRefusal: 'each' });
      for (const job of jobs) {
        await claim(store.jobs, job);
        await store.jobs.settle(success(job, 2, 1n));
      }
      const shard = store.ledger.shardOf(testTenant);
      const follow = async (linesMax: number) =>
        (await store.ledger.follow(shard, linesMax)).map(({ id, job }) => ({ id, job }));
      const [first, second] = await follow(2);
      expect([first?.job, second?.job]).toEqual(jobs.slice(0, 2).map(({ id }) => id));
      expect(await follow(2)).toEqual([first, second]);
      await store.ledger.noteFollowed(shard, second?.id ?? '');
      const [third, ...more] = await follow(2);
      expect([third?.job, more]).toEqual([jobs[2]?.id, []]);
      await store.ledger.noteFollowed(shard, third?.id ?? '');
      expect(await follow(2)).toEqual([]);
      // Who reads along neither keeps lines in the store nor takes any from it.
      const span = await store.ledger.mark(shard, { linesMax: 3, olderThanMs: 0 });
      expect(span?.last).toBe(third?.id);
    });

    it('corrects what a late answer makes known, once', async () => {
      const store = await open();
      const job = newJob();
      await store.jobs.admit(job);
      await claim(store.jobs, job);
      store.advance(leaseMs + 1);
      await store.jobs.reassign(moveTo(job, 'beta', {}));
      await store.jobs.settle(success(job, 2, 100n));
      await store.jobs.settle(success(job, 2, 100n));
      const entries = await mustAddUp(store);
      expect(entries).toHaveLength(2);
      expect(entries[1]).toMatchObject({
        fence: '2',
        state: 'succeeded',
        spent: '100',
        unknown: '-400',
        ends: '1',
        late: '1',
      });
    });

    it('ends no job twice when a late answer comes after a newer attempt', async () => {
      const store = await open();
      const job = newJob();
      await store.jobs.admit(job);
      await claim(store.jobs, job);
      store.advance(leaseMs + 1);
      await store.jobs.reassign(moveTo(job, 'beta', {}));
      await claim(store.jobs, job, { fence: 3, token: 'claim-2' });
      await store.jobs.settle(success(job, 4, 50n));
      await store.jobs.settle(success(job, 2, 100n));
      const entries = await mustAddUp(store);
      expect(entries.map(({ ends, late }) => [ends, late])).toEqual([
        ['', ''],
        ['1', ''],
        ['', '1'],
      ]);
    });

    it('tells of a job that ends without an attempt, at no cost', async () => {
      const store = await open();
      const [cancelled, expired] = [newJob(), newJob()];
      await store.jobs.admit(cancelled);
      await store.jobs.cancel(cancelled);
      await store.jobs.cancel(cancelled);
      await store.jobs.admit(expired);
      const end = { ...success(expired, 1, 0n), from: ['queued' as const], attempt: undefined };
      await store.jobs.settle({ ...end, to: 'expired', sealedResult: undefined });
      const entries = await mustAddUp(store);
      expect(entries.map(({ state, ends, start }) => [state, ends, start])).toEqual([
        ['cancelled', '1', ''],
        ['expired', '1', ''],
      ]);
    });

    it('keeps the largest amounts to the last digit', async () => {
      const store = await open();
      const huge = 8_999_999_999_999_999n;
      const job = newJob({ ceiling: 9_000_000_000_000_000n, reservation: huge });
      await store.jobs.admit(job);
      await claim(store.jobs, job);
      await store.jobs.settle(success(job, 2, huge - 2n));
      const [entry] = await mustAddUp(store);
      expect(entry?.['spent']).toBe('8999999999999997');
    });

    it('notes up to where segments have gone, and goes back for nobody', async () => {
      const { ledger } = await open();
      expect(await ledger.swept(3)).toBeUndefined();
      await ledger.sweep(3, { id: '', hash: 'h0' });
      expect(await ledger.swept(3)).toEqual({ id: '', hash: 'h0' });
      await ledger.sweep(3, { id: '9-10', hash: 'h1' });
      for (const id of ['', '9-9', '8-99', '9-10']) await ledger.sweep(3, { id, hash: 'h2' });
      expect(await ledger.swept(3)).toEqual({ id: '9-10', hash: 'h1' });
      await ledger.sweep(3, { id: '10-0', hash: undefined });
      expect(await ledger.swept(3)).toEqual({ id: '10-0', hash: undefined });
    });

    it('fixes what a segment holds, whoever asks and whatever comes meanwhile', async () => {
      const store = await open();
      const { ledger } = store;
      const shard = store.keys.shardOf(testTenant);
      const when = { linesMax: 100, olderThanMs: 60_000 };
      await endJob(store);
      expect(await ledger.mark(shard, when)).toBeUndefined();
      store.advance(60_001);
      const span = await ledger.mark(shard, when);
      if (span === undefined) throw new Error('an old entry should be marked');
      await endJob(store);
      expect(await ledger.mark(shard, when)).toEqual(span);
      const lines = await ledger.read(shard, span);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatchObject({ id: span.last, tenant: testTenant, ends: true, spent: '7' });
      const before = await ledger.tail(shard, 100);
      expect(before).toMatchObject({ segmented: '', isWhole: true });
      expect(before.lines).toHaveLength(2);
      const kept = { hash: 'h1', signals: [] };
      expect(await ledger.commit(shard, span, kept)).toBe(true);
      expect(await ledger.commit(shard, span, kept)).toBe(false);
      expect(await ledger.head(shard)).toEqual({ id: span.last, hash: 'h1' });
      expect(await ledger.swept(shard)).toEqual({ id: '', hash: ledgerStart });
      expect(await ledger.read(shard, span)).toEqual([]);
      const after = await ledger.tail(shard, 100);
      expect(after).toEqual({ ...before, segmented: span.last, lines: before.lines.slice(1) });
    });

    it('marks a full segment at once, and lets a tail be read in part', async () => {
      const store = await open();
      const shard = store.keys.shardOf(testTenant);
      for (let n = 0; n < 3; n += 1) await endJob(store);
      const all = (await store.ledger.tail(shard, 100)).lines;
      const span = await store.ledger.mark(shard, { linesMax: 2, olderThanMs: 60_000 });
      expect(span).toMatchObject({ after: '', last: all[1]?.id });
      expect(await store.ledger.oldestMs(shard)).toBe(Number(all[0]?.id.split('-')[0]));
    });
  });
}

async function endJob(store: TestStore): Promise<void> {
  const job = newJob();
  await store.jobs.admit(job);
  await claim(store.jobs, job);
  await store.jobs.settle(success(job, 2, 7n));
}
