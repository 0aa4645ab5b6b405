/** What every job store must do with a job; run on a single server and on a cluster. */
import { describe, expect, it } from 'vitest';
import { newJob, type TestStore, tenantNamed, useStore } from '../support/store.ts';
import { claim, leaseMs, moveTo, mustBeClaimed, mustRead, success } from './job-calls.ts';

export function describeJobStore(name: string, url: () => string): void {
  describe(`${name}: the job store`, () => {
    const open = (): Promise<TestStore> => useStore(url(), { leaseMs });

    it('admits a job once, however often the call is repeated', async () => {
      const { jobs, client, keys } = await open();
      const job = newJob();
      const first = await jobs.admit(job);
      const second = await jobs.admit(job);
      expect(first.kind).toBe('admitted');
      expect(second).toEqual(first);
      const record = await mustRead(jobs, job);
      expect(record).toMatchObject({ state: 'queued', fence: 1, version: 1 });
      expect(record.money).toEqual({ ceiling: 1_000n, reserved: 400n, spent: 0n, unknown: 0n });
      expect(await client.hget(keys.job(job.tenant, job.id).money, 'reserved')).toBe('400');
    });

    it('gives the same job for the same idempotency key and refuses another body', async () => {
      const { jobs } = await open();
      const idempotency = { keyHash: 'k', fingerprint: 'f' };
      const first = newJob({ idempotency });
      await jobs.admit(first);
      const again = await jobs.admit(newJob({ idempotency }));
      const other = await jobs.admit(newJob({ idempotency: { keyHash: 'k', fingerprint: 'g' } }));
      expect(again).toEqual({ kind: 'replayed', id: first.id });
      expect(other).toEqual({ kind: 'idempotency_mismatch' });
    });

    it('frees an idempotency key whose job has outlived its retention', async () => {
      const { jobs, client, keys } = await open();
      const idempotency = { keyHash: 'k', fingerprint: 'f' };
      const first = newJob({ idempotency });
      await jobs.admit(first);
      await client.del(keys.job(first.tenant, first.id).job);
      expect((await jobs.admit(newJob({ idempotency }))).kind).toBe('admitted');
    });

    it('lets one of many claims win, and gives the winner the same answer again', async () => {
      const { jobs } = await open();
      const job = newJob();
      await jobs.admit(job);
      const tokens = Array.from({ length: 20 }, (_, n) => `token-${n}`);
      const results = await Promise.all(tokens.map((token) => claim(jobs, job, { token })));
      const winners = results.flatMap((result, n) => (result.kind === 'claimed' ? [n] : []));
      expect(winners).toHaveLength(1);
      const again = await claim(jobs, job, { token: `token-${winners[0]}` });
      const record = mustBeClaimed(again);
      expect(record).toMatchObject({ state: 'running', fence: 2 });
      expect(record.attempts).toHaveLength(1);
      expect(again).toEqual(results[winners[0] ?? 0]);
    });

    it('keeps with each attempt the price that it is charged by, to the digit', async () => {
      const store = await open();
      const { jobs } = store;
      const job = newJob();
      await jobs.admit(job);
      const price = { input: '9007199254740993', note: 'a "quoted" page/é', tiers: [] };
      expect(mustBeClaimed(await claim(jobs, job, { price })).attempts[0]?.price).toEqual(price);
      store.advance(leaseMs + 1);
      await jobs.reassign(moveTo(job, 'beta', {}));
      mustBeClaimed(await claim(jobs, job, { fence: 3, token: 'claim-2' }));
      const { attempts } = await mustRead(jobs, job);
      expect(attempts.map((attempt) => attempt.price)).toEqual([price, undefined]);
    });

    it('refuses a claim whose fence is stale, and tells missing from conflict', async () => {
      const { jobs } = await open();
      const job = newJob();
      await jobs.admit(job);
      expect(await claim(jobs, job, { fence: 7 })).toEqual({
        kind: 'conflict',
        state: 'queued',
        fence: 1,
      });
      expect(await claim(jobs, newJob())).toEqual({ kind: 'missing' });
    });

    it('does not hand out a job whose deadline has passed', async () => {
      const store = await open();
      const job = newJob();
      await store.jobs.admit(job);
      store.advance(3_600_001);
      expect(await claim(store.jobs, job)).toEqual({ kind: 'too_late' });
    });

    it('settles once: a repeated call gives the first answer and charges nothing', async () => {
      const { jobs, client, keys } = await open();
      const job = newJob();
      await jobs.admit(job);
      await claim(jobs, job);
      const first = await jobs.settle(success(job, 2, 123n));
      const again = await jobs.settle(success(job, 2, 123n));
      expect(first).toEqual({ kind: 'settled', state: 'succeeded', byThis: true });
      expect(again).toEqual(first);
      const record = await mustRead(jobs, job);
      expect(record.money).toEqual({ ceiling: 1_000n, reserved: 0n, spent: 123n, unknown: 0n });
      expect(record.attempts[0]?.end).toMatchObject({ outcome: 'succeeded', costNanoUsd: 123n });
      const money = await client.hgetall(keys.job(job.tenant, job.id).money);
      expect(money).toMatchObject({ reserved: '0', spent: '123' });
      expect(Buffer.from((await jobs.readResult(job)) ?? []).toString()).toBe('answer');
    });

    it('tells two that end a job alike which of them has ended it', async () => {
      const { jobs } = await open();
      const job = newJob();
      await jobs.admit(job);
      const late = { ...success(job, 1, 0n), from: ['queued'], attempt: undefined } as const;
      const names = Array.from({ length: 8 }, (_, n) => `settle-${n}`);
      const endAll = () =>
        Promise.all(names.map((settlement) => jobs.settle({ ...late, to: 'expired', settlement })));
      const results = await endAll();
      const enders = results.filter((result) => result.kind === 'settled' && result.byThis);
      expect(results.map(({ kind }) => kind)).toEqual(names.map(() => 'settled'));
      expect(enders).toHaveLength(1);
      expect(await endAll()).toEqual(results);
    });

    it('never changes a terminal state', async () => {
      const { jobs } = await open();
      const job = newJob();
      await jobs.admit(job);
      await claim(jobs, job);
      await jobs.settle(success(job, 2, 1n));
      const version = (await mustRead(jobs, job)).version;
      expect((await jobs.reassign(moveTo(job, 'beta', {}))).kind).toBe('conflict');
      expect((await jobs.cancel(job)).kind).toBe('already_ended');
      expect((await claim(jobs, job, { fence: 2 })).kind).toBe('conflict');
      expect((await mustRead(jobs, job)).version).toBe(version);
    });

    it('moves a job on with its charge and a new reservation, once', async () => {
      const store = await open();
      const { jobs } = store;
      const job = newJob();
      await jobs.admit(job);
      await claim(jobs, job);
      store.advance(leaseMs + 1);
      const first = await jobs.reassign(moveTo(job, 'beta', {}));
      const again = await jobs.reassign(moveTo(job, 'beta', {}));
      expect(again).toEqual(first);
      const record = await mustRead(jobs, job);
      expect(record).toMatchObject({ state: 'queued', model: 'beta', fence: 3, workerDeaths: 1 });
      expect(record.money).toEqual({ ceiling: 1_000n, reserved: 300n, spent: 0n, unknown: 400n });
    });

    it('refuses a move that could pass the ceiling and changes nothing', async () => {
      const store = await open();
      const { jobs } = store;
      const job = newJob();
      await jobs.admit(job);
      await claim(jobs, job);
      store.advance(leaseMs + 1);
      const before = await mustRead(jobs, job);
      const result = await jobs.reassign(moveTo(job, 'beta', { reservation: 601n }));
      expect(result).toEqual({ kind: 'over_ceiling' });
      expect(await mustRead(jobs, job)).toEqual(before);
    });

    it('shows and gives nothing of a job to another tenant of the same shard', async () => {
      const store = await open();
      const { jobs, keys } = store;
      const job = newJob();
      await jobs.admit(job);
      const shard = keys.shardOf(job.tenant);
      const names = Array.from({ length: 1_000 }, (_, n) => tenantNamed(`other-${n}`));
      const other = names.find((name) => keys.shardOf(name) === shard) ?? job.tenant;
      const foreign = { ...job, tenant: other };
      expect(other).not.toBe(job.tenant);
      expect(await jobs.read(foreign)).toBeUndefined();
      expect(await jobs.readPayload(foreign)).toBeUndefined();
      expect(await jobs.cancel(foreign)).toEqual({ kind: 'missing' });
      expect(await claim(jobs, foreign)).toEqual({ kind: 'missing' });
      expect((await mustRead(jobs, job)).state).toBe('queued');
    });

    it('parks a record of an unknown schema and leaves it untouched', async () => {
      const store = await open();
      const job = newJob();
      await store.jobs.admit(job);
      await store.client.hset(store.keys.job(job.tenant, job.id).job, 'schema', '999');
      expect(await store.jobs.read(job)).toMatchObject({ kind: 'parked' });
      await expect(claim(store.jobs, job)).rejects.toThrow(/schema 999/);
      await expect(store.jobs.cancel(job)).rejects.toThrow(/schema 999/);
      const stored = await store.client.hgetall(store.keys.job(job.tenant, job.id).job);
      expect(stored['state']).toBe('queued');
    });
  });
}
