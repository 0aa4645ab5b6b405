/** What every job store must do; run on a single server and on a cluster. */
import { isRecord, type JobRecord } from '@forebay/shared/domain/job';
import type {
  ClaimResult,
  JobRef,
  JobStore,
  NewJob,
  ReassignRequest,
  SettleRequest,
} from '@forebay/shared/ports/job-store';
import { describe, expect, it } from 'vitest';
import {
  answeredFor,
  candidateFor,
  lostFor,
  newJob,
  plainSpec,
  planFor,
  type TestStore,
  tenantNamed,
  useStore,
} from '../support/store.ts';

const leaseMs = 15_000;

async function mustRead(jobs: JobStore, ref: JobRef): Promise<JobRecord> {
  const record = await jobs.read(ref);
  if (!isRecord(record)) throw new Error('the job should be there');
  return record;
}

async function claim(
  jobs: JobStore,
  job: NewJob,
  { fence = 1, token = 'claim-1' }: { fence?: number; token?: string } = {},
) {
  return jobs.claim({
    id: job.id,
    tenant: job.tenant,
    fence,
    token,
    worker: 'w1',
    leaseMs,
    model: 'alpha',
    deployment: 'alpha/main',
    reservation: undefined,
  });
}

function mustBeClaimed(result: ClaimResult): JobRecord {
  if (result.kind !== 'claimed') throw new Error(`not claimed: ${result.kind}`);
  return result.record;
}

function success(job: NewJob, fence: number, cost: bigint): SettleRequest {
  return {
    id: job.id,
    tenant: job.tenant,
    fence,
    from: ['running', 'cancelling'],
    attempt: answeredFor(fence, cost),
    to: 'succeeded',
    reason: { code: 'succeeded', text: 'answered' },
    error: undefined,
    usage: undefined,
    sealedResult: Buffer.from('answer'),
  };
}

function moveTo(job: NewJob, model: string, changes: Partial<ReassignRequest>): ReassignRequest {
  return {
    id: job.id,
    tenant: job.tenant,
    fence: 2,
    from: ['running'],
    attempt: lostFor(2, 400n),
    workerDied: true,
    model,
    plan: planFor(candidateFor(model, 300n)),
    whyChosen: 'next',
    reservation: 300n,
    notBeforeMs: 0,
    reason: { code: 'reassigned', text: 'moved' },
    ...changes,
  };
}

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
      expect(first).toEqual({ kind: 'settled', state: 'succeeded' });
      expect(again).toEqual(first);
      const record = await mustRead(jobs, job);
      expect(record.money).toEqual({ ceiling: 1_000n, reserved: 0n, spent: 123n, unknown: 0n });
      expect(record.attempts[0]?.end).toMatchObject({ outcome: 'succeeded', costNanoUsd: 123n });
      const money = await client.hgetall(keys.job(job.tenant, job.id).money);
      expect(money).toMatchObject({ reserved: '0', spent: '123' });
      expect(Buffer.from((await jobs.readResult(job)) ?? []).toString()).toBe('answer');
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

    it('does not take a job whose lease was renewed after it was looked at', async () => {
      const { jobs } = await open();
      const job = newJob();
      await jobs.admit(job);
      await claim(jobs, job);
      const before = await mustRead(jobs, job);
      expect((await jobs.reassign(moveTo(job, 'beta', {}))).kind).toBe('conflict');
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

    it('adopts a late answer while nothing newer was sent, at its exact cost', async () => {
      const store = await open();
      const { jobs } = store;
      const job = newJob();
      await jobs.admit(job);
      await claim(jobs, job);
      store.advance(leaseMs + 1);
      await jobs.reassign(moveTo(job, 'beta', {}));
      expect(await jobs.settle(success(job, 2, 100n))).toEqual({ kind: 'adopted' });
      expect(await jobs.settle(success(job, 2, 100n))).toEqual({ kind: 'adopted' });
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
      expect(renewal).toEqual({ kind: 'renewed', cancelRequested: true });
      expect((await jobs.reassign(moveTo(running, 'beta', {}))).kind).toBe('conflict');
      expect(await jobs.settle(success(running, 2, 9n))).toEqual({
        kind: 'settled',
        state: 'cancelled',
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
