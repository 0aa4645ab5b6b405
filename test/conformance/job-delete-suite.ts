/** What every job store must do when an ended job is deleted; run on both servers. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NewJob } from '@forebay/shared/ports/job-store';
import { describe, expect, it } from 'vitest';
import { archiveJobs } from '../support/archive-jobs.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { archiveIn, newJob, plainSpec, type TestStore, useStore } from '../support/store.ts';
import { claim, leaseMs, mustRead, success } from './job-calls.ts';

interface Stage extends TestStore {
  readonly objectsDir: string;
}

async function openStage(url: string): Promise<Stage> {
  const objectsDir = scratchFolder('delete');
  return { ...(await useStore(url, { leaseMs, objectsDir })), objectsDir };
}

async function answered(stage: Stage, changes: Partial<NewJob> = {}): Promise<NewJob> {
  const job = newJob(changes);
  await stage.jobs.admit(job);
  await claim(stage.jobs, job);
  await stage.jobs.settle(success(job, 2, 123n));
  return job;
}

const gone = { kind: 'missing' } as const;
const page = {
  ...{ batchId: undefined, states: [], model: undefined, createdFromMs: undefined },
  ...{ createdBeforeMs: undefined, after: undefined, limit: 10 },
} as const;

/** Every key of the store that names the job. */
async function keysOf({ client, keys }: Stage, job: NewJob): Promise<readonly string[]> {
  const names = Object.values(keys.job(job.tenant, job.id)).filter((key) => key.includes(job.id));
  const there = await Promise.all(names.map((key) => client.exists(key)));
  return names.filter((_, index) => there[index] === 1);
}

export function describeJobDeletion(name: string, url: () => string): void {
  describe(`${name}: the deletion of jobs`, () => {
    it('leaves nothing of a job but what it has cost', async () => {
      const stage = await openStage(url());
      const { jobs, client, keys } = stage;
      const batchId = 'bulk_1';
      const job = await answered(stage, { spec: { ...plainSpec, batchId } });
      expect(await jobs.delete(job)).toEqual({ kind: 'deleted', packed: [] });
      expect(await jobs.read(job)).toBeUndefined();
      expect(await jobs.readResult(job)).toBeUndefined();
      expect(await keysOf(stage, job)).toEqual([]);
      expect((await jobs.list({ tenant: job.tenant, ...page })).ids).toEqual([]);
      expect(await client.zcard(keys.batchIndex(job.tenant, batchId))).toBe(0);
      expect(await client.zcard(keys.ended(keys.shardOf(job.tenant)))).toBe(0);
      const money = await client.hgetall(keys.job(job.tenant, job.id).money);
      expect(money).toMatchObject({ reserved: '0', spent: '123' });
    });

    it('refuses a job that has not ended, and changes nothing', async () => {
      const stage = await openStage(url());
      const { jobs } = stage;
      const job = newJob();
      await jobs.admit(job);
      expect(await jobs.delete(job)).toEqual({ kind: 'live', state: 'queued' });
      await claim(jobs, job);
      const before = await mustRead(jobs, job);
      expect(await jobs.delete(job)).toEqual({ kind: 'live', state: 'running' });
      await jobs.cancel(job);
      expect(await jobs.delete(job)).toEqual({ kind: 'live', state: 'cancelling' });
      expect((await mustRead(jobs, job)).version).toBe(before.version + 1);
    });

    it('answers a repeated call like the first, and knows no job that never was', async () => {
      const stage = await openStage(url());
      const job = await answered(stage);
      const first = await stage.jobs.delete(job);
      expect(await stage.jobs.delete(job)).toEqual(first);
      expect(await stage.jobs.delete(newJob())).toEqual(gone);
    });

    it('tells which objects are left, as often as it is asked', async () => {
      const stage = await openStage(url());
      const payload = Buffer.from('opayloads/dev/job/1');
      const job = newJob({ sealedPayload: payload });
      await stage.jobs.admit(job);
      await claim(stage.jobs, job);
      const sealedResult = Buffer.from('oresults/dev/job/2');
      await stage.jobs.settle({ ...success(job, 2, 1n), sealedResult });
      const told = { kind: 'deleted', packed: [payload, sealedResult] };
      expect(await stage.jobs.delete(job)).toEqual(told);
      expect(await stage.jobs.delete(job)).toEqual(told);
    });

    it('keeps the idempotency key taken, for as long as the record would have been', async () => {
      const stage = await openStage(url());
      const { jobs, client, keys } = stage;
      const idempotency = { keyHash: 'k', fingerprint: 'f' };
      const job = await answered(stage, { idempotency });
      const left = await client.pttl(keys.job(job.tenant, job.id).job);
      await jobs.delete(job);
      const again = await jobs.admit(newJob({ idempotency }));
      expect(again).toEqual({ kind: 'replayed', id: job.id });
      const mark = `${keys.job(job.tenant, job.id).job}:deleted`;
      const kept = await client.pttl(mark);
      expect(kept).toBeGreaterThan(left - 60_000);
      expect(kept).toBeLessThanOrEqual(left);
      await client.del(mark);
      expect((await jobs.admit(newJob({ idempotency }))).kind).toBe('admitted');
    });

    it('turns late voices away', async () => {
      const stage = await openStage(url());
      const job = await answered(stage);
      await stage.jobs.delete(job);
      expect(await stage.jobs.settle(success(job, 2, 123n))).toEqual(gone);
      expect(await claim(stage.jobs, job, { fence: 2 })).toEqual(gone);
      expect(await stage.jobs.cancel(job)).toEqual(gone);
    });

    it('overwrites an archived job in its segment, and leaves its neighbours', async () => {
      const stage = await openStage(url());
      const jobs = [await answered(stage), await answered(stage), await answered(stage)];
      const [first, job, last] = jobs;
      if (first === undefined || job === undefined || last === undefined) throw new Error('three');
      const before = [await mustRead(stage.jobs, first), await mustRead(stage.jobs, last)];
      await archiveJobs(stage, archiveIn(stage.objectsDir), jobs);
      expect(await stage.jobs.delete(job)).toEqual({
        kind: 'deleted',
        packed: [Buffer.from('answer')],
      });
      expect(await stage.jobs.delete(job)).toEqual({ kind: 'deleted', packed: [] });
      expect(await stage.jobs.read(job)).toBeUndefined();
      const after = [await mustRead(stage.jobs, first), await mustRead(stage.jobs, last)];
      expect(after).toEqual(before);
      const folder = join(stage.objectsDir, 'segments');
      const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'latin1'));
      expect(texts.filter((text) => text.includes(job.id))).toEqual([]);
      expect(texts.filter((text) => text.includes(last.id))).toHaveLength(1);
    });
  });
}
