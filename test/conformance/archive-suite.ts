/** What every store must do with jobs that leave for the archive; run on both servers. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JobId, newJobId } from '@forebay/shared/domain/ids';
import type { JobArchive } from '@forebay/shared/ports/job-archive';
import type { JobRef, NewJob } from '@forebay/shared/ports/job-store';
import { describe, expect, it } from 'vitest';
import { archiveJobs } from '../support/archive-jobs.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { archiveIn, lostFor, newJob, type TestStore, useStore } from '../support/store.ts';
import { claim, leaseMs, moveTo, mustRead, success } from './job-calls.ts';

interface Stage extends TestStore {
  readonly objectsDir: string;
  readonly segments: JobArchive;
}

async function openStage(url: string): Promise<Stage> {
  const objectsDir = scratchFolder('archive');
  const store = await useStore(url, { leaseMs, objectsDir });
  return { ...store, objectsDir, segments: archiveIn(objectsDir) };
}

async function answered(stage: Stage, changes: Partial<NewJob> = {}): Promise<NewJob> {
  const job = newJob(changes);
  await stage.jobs.admit(job);
  await claim(stage.jobs, job);
  await stage.jobs.settle(success(job, 2, 123n));
  return job;
}

/** Given up by the watchdog, run again elsewhere, answered there: one attempt may still speak. */
async function answeredAfterLoss(stage: Stage): Promise<NewJob> {
  const job = newJob();
  await stage.jobs.admit(job);
  await claim(stage.jobs, job);
  stage.advance(leaseMs + 1);
  await stage.jobs.reassign(moveTo(job, 'beta', {}));
  await claim(stage.jobs, job, { fence: 3, token: 'claim-2' });
  await stage.jobs.settle(success(job, 4, 50n));
  return job;
}

const ends: readonly (readonly [string, (stage: Stage) => Promise<NewJob>])[] = [
  ['succeeded', (stage) => answered(stage)],
  ['succeeded on another model after a lost attempt', answeredAfterLoss],
  [
    'failed',
    async (stage) => {
      const job = newJob();
      await stage.jobs.admit(job);
      await claim(stage.jobs, job);
      stage.advance(leaseMs + 1);
      const error = { code: 'attempts_exhausted', message: 'No more.', class: 'timeout' } as const;
      const failure = { ...success(job, 2, 0n), to: 'failed', error, sealedResult: undefined };
      await stage.jobs.settle({ ...failure, to: 'failed', attempt: lostFor(2, 400n) });
      return job;
    },
  ],
  [
    'cancelled while it waited',
    async (stage) => {
      const job = newJob();
      await stage.jobs.admit(job);
      await stage.jobs.cancel(job);
      return job;
    },
  ],
  [
    'cancelled while it ran',
    async (stage) => {
      const job = newJob();
      await stage.jobs.admit(job);
      await claim(stage.jobs, job);
      await stage.jobs.cancel(job);
      await stage.jobs.settle(success(job, 2, 9n));
      return job;
    },
  ],
  [
    'expired',
    async (stage) => {
      const job = newJob();
      await stage.jobs.admit(job);
      const error = { code: 'deadline_exceeded', message: 'Late.', class: undefined } as const;
      const changes = { from: ['queued'], attempt: undefined, sealedResult: undefined } as const;
      await stage.jobs.settle({ ...success(job, 1, 0n), ...changes, to: 'expired', error });
      return job;
    },
  ],
];

/** The files of the segments, oldest first. */
function segmentFiles(stage: Stage): readonly string[] {
  const folder = join(stage.objectsDir, 'segments');
  return readdirSync(folder).map((name) => join(folder, name));
}

export function describeArchive(name: string, url: () => string): void {
  describe(`${name}: the archive`, () => {
    it.each(ends)('reads a job that has %s as before', async (_name, endJob) => {
      const stage = await openStage(url());
      const job = await endJob(stage);
      const before = await mustRead(stage.jobs, job);
      const result = await stage.jobs.readResult(job);
      expect(await archiveJobs(stage, stage.segments, [job])).toEqual(['archived']);
      expect(await stage.client.hexists(keyOf(stage, job), 'spec')).toBe(0);
      expect(await mustRead(stage.jobs, job)).toEqual(before);
      expect(await stage.jobs.readResult(job)).toEqual(result);
      expect(Buffer.from((await stage.jobs.readPayload(job)) ?? []).toString()).toBe('sealed');
    });

    it('finds the jobs of one segment each in its own place', async () => {
      const stage = await openStage(url());
      const jobs = await Promise.all(Array.from({ length: 7 }, () => answered(stage)));
      const before = await Promise.all(jobs.map((job) => mustRead(stage.jobs, job)));
      await archiveJobs(stage, stage.segments, jobs);
      expect(segmentFiles(stage)).toHaveLength(1);
      expect(await Promise.all(jobs.map((job) => mustRead(stage.jobs, job)))).toEqual(before);
    });

    it('keeps the time at which the job leaves the store', async () => {
      const stage = await openStage(url());
      const job = await answered(stage);
      const before = await stage.client.pttl(keyOf(stage, job));
      await archiveJobs(stage, stage.segments, [job]);
      const after = await stage.client.pttl(keyOf(stage, job));
      expect(after).toBeLessThanOrEqual(before);
      expect(after).toBeGreaterThan(before - 60_000);
    });

    it('answers every script about an archived job as about a live one', async () => {
      const stage = await openStage(url());
      const idempotency = { keyHash: 'k', fingerprint: 'f' };
      const job = await answered(stage, { idempotency });
      const record = await mustRead(stage.jobs, job);
      await archiveJobs(stage, stage.segments, [job]);
      const { jobs } = stage;
      const conflict = { kind: 'conflict', state: 'succeeded', fence: 2 };
      const ref = { id: job.id, tenant: job.tenant };
      expect(await jobs.admit(newJob({ idempotency }))).toEqual({ kind: 'replayed', id: job.id });
      expect(await jobs.admit(job)).toEqual({ kind: 'admitted', record });
      expect(await jobs.cancel(job)).toEqual({ kind: 'already_ended', record });
      expect(await claim(jobs, job, { fence: 2 })).toEqual(conflict);
      expect(await jobs.reassign(moveTo(job, 'beta', {}))).toEqual(conflict);
      expect(await jobs.feed({ ...ref, fence: 2, reservation: 1n })).toEqual(conflict);
      const renewal = { ...ref, fence: 2, token: 'claim-1', leaseMs };
      expect(await jobs.renew(renewal)).toEqual(conflict);
      expect(await stage.client.hexists(keyOf(stage, job), 'archived')).toBe(1);
    });

    it('takes a repeated settlement of an archived job for what it is', async () => {
      const stage = await openStage(url());
      const job = await answered(stage);
      const before = await mustRead(stage.jobs, job);
      await archiveJobs(stage, stage.segments, [job]);
      const settled = { kind: 'settled', state: 'succeeded', byThis: true };
      expect(await stage.jobs.settle(success(job, 2, 123n))).toEqual(settled);
      expect(await mustRead(stage.jobs, job)).toEqual(before);
      const money = await stage.client.hgetall(stage.keys.job(job.tenant, job.id).money);
      expect(money).toMatchObject({ reserved: '0', spent: '123' });
    });

    it('still takes the true cost of a late answer, and archives the job again', async () => {
      const stage = await openStage(url());
      const job = await answeredAfterLoss(stage);
      await archiveJobs(stage, stage.segments, [job]);
      const { jobs } = stage;
      expect(await jobs.settle(success(job, 2, 100n))).toEqual({ kind: 'wasted' });
      const record = await mustRead(jobs, job);
      expect(record.money).toEqual({ ceiling: 1_000n, reserved: 0n, spent: 150n, unknown: 0n });
      expect(record.attempts[0]?.end?.wasted).toBe(true);
      expect(Buffer.from((await jobs.readResult(job)) ?? []).toString()).toBe('answer');
      expect(await takeAll(stage)).toContain(job.id);
      await archiveJobs(stage, stage.segments, [job]);
      expect(await jobs.settle(success(job, 2, 100n))).toEqual({ kind: 'wasted' });
      expect(await mustRead(jobs, job)).toEqual(record);
    });

    it('leaves a record alone that changed after it was written to the segment', async () => {
      const stage = await openStage(url());
      const job = await answeredAfterLoss(stage);
      const loaded = await stage.archive.load(job);
      if (loaded === undefined) throw new Error('the job should be there');
      await stage.jobs.settle(success(job, 2, 100n));
      const { expiresAtMs } = loaded;
      const [place] = await stage.segments.write({ jobs: [loaded], expiresAtMs });
      if (place === undefined) throw new Error('the job should have a place');
      expect(await stage.archive.swap(loaded, place)).toBe('changed');
      expect((await mustRead(stage.jobs, job)).money.spent).toBe(150n);
    });

    it('lets one of several archivers win, and gives the winner its answer again', async () => {
      const stage = await openStage(url());
      const job = await answered(stage);
      const loaded = await stage.archive.load(job);
      if (loaded === undefined) throw new Error('the job should be there');
      const request = { jobs: [loaded], expiresAtMs: loaded.expiresAtMs };
      const written = await Promise.all([1, 2, 3].map(() => stage.segments.write(request)));
      const places = written.flat();
      const swap = () => Promise.all(places.map((place) => stage.archive.swap(loaded, place)));
      const results = await swap();
      expect(results.toSorted()).toEqual(['archived', 'changed', 'changed']);
      expect(await swap()).toEqual(results);
      expect((await mustRead(stage.jobs, job)).state).toBe('succeeded');
      expect(await takeAll(stage)).toEqual([]);
    });

    it('hands out jobs that ended long enough ago, and again after the hold', async () => {
      const stage = await openStage(url());
      const waiting = newJob();
      await stage.jobs.admit(waiting);
      const job = await answered(stage);
      const shard = stage.keys.shardOf(job.tenant);
      const request = { shard, endedForMs: 5_000, limit: 10, holdMs: 1_000 };
      expect(await stage.archive.take(request)).toEqual([]);
      stage.advance(5_001);
      const ref = { tenant: job.tenant, id: job.id };
      expect(await stage.archive.take(request)).toEqual([ref]);
      expect(await stage.archive.take(request)).toEqual([]);
      stage.advance(1_001);
      expect(await stage.archive.take(request)).toEqual([ref]);
    });

    it('forgets a job that left the store before it was archived', async () => {
      const stage = await openStage(url());
      const job = await answered(stage);
      const loaded = await stage.archive.load(job);
      if (loaded === undefined) throw new Error('the job should be there');
      await stage.client.del(keyOf(stage, job));
      const place = { segment: 'segments/none', offset: 0, recordBytes: 1, resultBytes: 0 };
      expect(await stage.archive.swap(loaded, place)).toBe('missing');
      expect(await takeAll(stage)).toEqual([]);
      expect(await stage.archive.load(job)).toBeUndefined();
      expect(await stage.archive.load({ tenant: job.tenant, id: newJobId() })).toBeUndefined();
    });

    it('parks a job whose segment is gone, so that the others are still read with it', async () => {
      const stage = await openStage(url());
      const [job, other] = [await answered(stage), await answered(stage)];
      await archiveJobs(stage, stage.segments, [job]);
      for (const file of segmentFiles(stage)) rmSync(file);
      const [parked, record] = await stage.jobs.readMany([job, other]);
      expect(parked).toMatchObject({ kind: 'parked' });
      expect(record).toEqual(await mustRead(stage.jobs, other));
    });

    it('says that a segment is damaged or gone, and never shows another job', async () => {
      const stage = await openStage(url());
      const job = await answered(stage);
      await archiveJobs(stage, stage.segments, [job]);
      const [file = ''] = segmentFiles(stage);
      const whole = readFileSync(file);
      const flipped = Buffer.from(whole);
      flipped[whole.indexOf('alpha')] = 0x41;
      writeFileSync(file, flipped);
      const text = `The archived record of job ${job.id} cannot be read: `;
      await expect(stage.jobs.read(job)).rejects.toThrow(`${text}its checksum does not fit.`);
      writeFileSync(file, whole.subarray(0, 40));
      await expect(stage.jobs.read(job)).rejects.toThrow(`${text}it is cut short.`);
      rmSync(file);
      await expect(stage.jobs.read(job)).rejects.toThrow(`${text}its segment is gone.`);
      await expect(stage.jobs.readResult(job)).rejects.toThrow('its segment is gone');
    });
  });
}

function keyOf(stage: Stage, { tenant, id }: JobRef): string {
  return stage.keys.job(tenant, id).job;
}

/** Every ended job of the test's shard, whenever it ended. */
async function takeAll(stage: Stage): Promise<readonly JobId[]> {
  const shard = stage.keys.shardOf(newJob().tenant);
  const request = { shard, endedForMs: -1_000, limit: 100, holdMs: 0 };
  return (await stage.archive.take(request)).map(({ id }) => id);
}
