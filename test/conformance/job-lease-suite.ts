/** What every job store must do about leases, late answers and checks; run on both servers. */
import { describe, expect, it } from 'vitest';
import { newJob, plainSpec, type TestStore, useStore } from '../support/store.ts';
import { claim, leaseMs, moveTo, mustBeClaimed, mustRead, success } from './job-calls.ts';

export function describeJobLeases(name: string, url: () => string): void {
  describe(`${name}: leases and checks`, () => {
    const open = (): Promise<TestStore> => useStore(url(), { leaseMs });

    it('does not take a job whose lease was renewed after it was looked at', async () => {
      const { jobs } = await open();
      const job = newJob();
      await jobs.admit(job);
      await claim(jobs, job);
      const before = await mustRead(jobs, job);
      expect((await jobs.reassign(moveTo(job, 'beta', {}))).kind).toBe('conflict');
      expect(await mustRead(jobs, job)).toEqual(before);
    });

    it('adopts a late answer while nothing newer was sent, at its exact cost', async () => {
      const store = await open();
      const { jobs } = store;
      const job = newJob();
      await jobs.admit(job);
      await claim(jobs, job);
      store.advance(leaseMs + 1);
      await jobs.reassign(moveTo(job, 'beta', {}));
      expect(await jobs.settle(success(job, 2, 100n))).toEqual({ kind: 'adopted', byThis: true });
      expect(await jobs.settle(success(job, 2, 100n))).toEqual({ kind: 'adopted', byThis: true });
      const record = await mustRead(jobs, job);
      expect(record).toMatchObject({ state: 'succeeded', model: 'alpha', hasResult: true });
      expect(record.money).toEqual({ ceiling: 1_000n, reserved: 0n, spent: 100n, unknown: 0n });
    });

    it('keeps a late answer as waste once a newer attempt was sent', async () => {
      const store = await open();
      const { jobs } = store;
      const job = newJob();
      await jobs.admit(job);
      await claim(jobs, job);
      store.advance(leaseMs + 1);
      await jobs.reassign(moveTo(job, 'beta', {}));
      mustBeClaimed(await claim(jobs, job, { fence: 3, token: 'claim-2' }));
      expect(await jobs.settle(success(job, 2, 100n))).toEqual({ kind: 'wasted' });
      const record = await mustRead(jobs, job);
      expect(record.state).toBe('running');
      expect(record.money).toEqual({ ceiling: 1_000n, reserved: 300n, spent: 100n, unknown: 0n });
      expect(record.attempts[0]?.end?.wasted).toBe(true);
      expect(await jobs.settle(success(job, 4, 50n))).toEqual({
        kind: 'settled',
        state: 'succeeded',
        byThis: true,
      });
    });

    it('cancels a waiting job at once and a running one through its worker', async () => {
      const { jobs } = await open();
      const waiting = newJob();
      await jobs.admit(waiting);
      expect((await jobs.cancel(waiting)).kind).toBe('cancelled');
      expect((await mustRead(jobs, waiting)).money.reserved).toBe(0n);

      const running = newJob();
      await jobs.admit(running);
      await claim(jobs, running);
      expect((await jobs.cancel(running)).kind).toBe('cancelling');
      const renewal = await jobs.renew({
        id: running.id,
        tenant: running.tenant,
        fence: 2,
        token: 'claim-1',
        leaseMs,
      });
      expect(renewal).toMatchObject({ kind: 'renewed', cancelRequested: true });
      expect((await jobs.reassign(moveTo(running, 'beta', {}))).kind).toBe('conflict');
      expect(await jobs.settle(success(running, 2, 9n))).toEqual({
        kind: 'settled',
        state: 'cancelled',
        byThis: true,
      });
      const ended = await mustRead(jobs, running);
      expect(ended.money.spent).toBe(9n);
      expect(ended.error?.code).toBe('cancelled');
      expect(ended.hasResult).toBe(false);
    });

    it('refuses the renewal of a claim that has moved on', async () => {
      const store = await open();
      const { jobs } = store;
      const job = newJob();
      await jobs.admit(job);
      await claim(jobs, job);
      store.advance(leaseMs + 1);
      await jobs.reassign(moveTo(job, 'beta', {}));
      const renewal = await jobs.renew({
        id: job.id,
        tenant: job.tenant,
        fence: 2,
        token: 'claim-1',
        leaseMs,
      });
      expect(renewal).toEqual({ kind: 'conflict', state: 'queued', fence: 3 });
    });

    it('reserves for a scheduled job when it is fed, not before', async () => {
      const store = await open();
      const runAtMs = (await store.jobs.nowMs()) + 60_000;
      const job = newJob({ runAtMs, reservation: 0n });
      await store.jobs.admit(job);
      const feed = { id: job.id, tenant: job.tenant, fence: 1, reservation: 400n };
      expect(await store.jobs.feed(feed)).toEqual({ kind: 'early', runAtMs });
      expect((await mustRead(store.jobs, job)).money.reserved).toBe(0n);
      store.advance(60_001);
      expect((await store.jobs.feed(feed)).kind).toBe('fed');
      expect((await store.jobs.feed(feed)).kind).toBe('fed');
      const record = await mustRead(store.jobs, job);
      expect(record.state).toBe('queued');
      expect(record.money.reserved).toBe(400n);
    });

    it('keeps every job that has not ended in a due set, and none that has', async () => {
      const store = await open();
      const shard = store.keys.shardOf(newJob().tenant);
      const [first, second] = [newJob(), newJob()];
      await store.jobs.admit(first);
      await store.jobs.admit(second);
      store.advance(10_001);
      const due = await store.jobs.listDue(shard, 10);
      expect(new Set(due.map((job) => job.id))).toEqual(new Set([first.id, second.id]));
      await store.jobs.cancel(first);
      await claim(store.jobs, second);
      store.advance(leaseMs + 1);
      const later = await store.jobs.listDue(shard, 10);
      expect(later.map((job) => job.id)).toEqual([second.id]);
    });

    it('puts a check off only while it is the one that was seen', async () => {
      const store = await open();
      const job = newJob();
      await store.jobs.admit(job);
      store.advance(10_001);
      const shard = store.keys.shardOf(job.tenant);
      const [due] = await store.jobs.listDue(shard, 10);
      if (due === undefined) throw new Error('the job should be due');
      const laterMs = (await store.jobs.nowMs()) + 300_000;
      const leaseEndMs = mustBeClaimed(await claim(store.jobs, job)).leaseUntilMs;
      await store.jobs.postpone(due, laterMs);
      store.advance(leaseMs);
      const [lost] = await store.jobs.listDue(shard, 10);
      expect(lost).toEqual({ ...due, dueAtMs: leaseEndMs });
      if (lost !== undefined) await store.jobs.postpone(lost, laterMs);
      expect(await store.jobs.listDue(shard, 10)).toEqual([]);
      await store.jobs.cancel(job);
      await store.jobs.settle(success(job, 2, 1n));
      await store.jobs.postpone({ ...due, dueAtMs: laterMs }, laterMs + 1);
      expect(
        await store.client.zscore(store.keys.due(shard), `${job.tenant}/${job.id}`),
      ).toBeNull();
    });

    it('writes one event per end, with an id that depends on what it announces', async () => {
      const store = await open();
      const webhook = {
        url: 'https://example.com/hook',
        endpointId: 'we_1',
        events: ['job.succeeded' as const],
      };
      const job = newJob({ spec: { ...plainSpec, webhook } });
      await store.jobs.admit(job);
      await claim(store.jobs, job);
      await store.jobs.settle(success(job, 2, 1n));
      await store.jobs.settle(success(job, 2, 1n));
      const shard = store.keys.shardOf(job.tenant);
      const request = { shard, limit: 10, perEndpoint: 4, holdMs: 1_000 };
      const events = await store.outbox.take(request);
      expect(events).toHaveLength(1);
      expect(events[0]).toMatchObject({ type: 'job.succeeded', job: job.id, version: 3 });
      expect(await store.outbox.take(request)).toEqual([]);
      store.advance(1_001);
      expect((await store.outbox.take(request)).map((event) => event.id)).toEqual(
        events.map((event) => event.id),
      );
    });
  });
}
