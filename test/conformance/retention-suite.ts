/** What every store must say of the contents that it still needs; run on both servers. */
import type { TenantId } from '@forebay/shared/domain/ids';
import { limits } from '@forebay/shared/domain/limits';
import type { JobRef } from '@forebay/shared/ports/job-store';
import type { KeptContent } from '@forebay/shared/ports/retention-store';
import { describe, expect, it } from 'vitest';
import { archiveJobs } from '../support/archive-jobs.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { archiveIn, newJob, type TestStore, tenantNamed, useStore } from '../support/store.ts';
import { claim, leaseMs, success } from './job-calls.ts';

function bothOf({ tenant, id: job }: JobRef): readonly KeptContent[] {
  return [
    { tenant, job, field: 'payload' },
    { tenant, job, field: 'result' },
  ];
}

async function ended(store: TestStore, tenant?: TenantId): Promise<JobRef> {
  const job = newJob(tenant === undefined ? {} : { tenant });
  await store.jobs.admit(job);
  await claim(store.jobs, job);
  await store.jobs.settle(success(job, 2, 123n));
  return job;
}

export function describeRetention(name: string, url: () => string): void {
  describe(`${name}: what is kept`, () => {
    it('are the prompts and answers of jobs that live, of any tenant', async () => {
      const store = await useStore(url(), { leaseMs });
      const jobs = [newJob(), newJob({ tenant: tenantNamed('other') })];
      for (const job of jobs) await store.jobs.admit(job);
      const contents = [...jobs.flatMap(bothOf), ...bothOf(newJob())];
      expect(await store.retention.areKept(contents)).toEqual([
        ...[true, true],
        ...[true, true],
        ...[false, false],
      ]);
      expect(await store.retention.areKept([])).toEqual([]);
    });

    it('is the answer of an ended job, archived or not, for longer than its prompt', async () => {
      const objectsDir = scratchFolder('retention');
      const store = await useStore(url(), { leaseMs, objectsDir });
      const [live, archived] = [await ended(store), await ended(store, tenantNamed('other'))];
      await archiveJobs(store, archiveIn(objectsDir), [archived]);
      const contents = [live, archived].flatMap(bothOf);
      expect(await store.retention.areKept(contents)).toEqual([true, true, true, true]);
      for (const job of [live, archived]) {
        const { payload, job: record } = store.keys.job(job.tenant, job.id);
        expect(await store.client.pttl(payload)).toBeLessThanOrEqual(limits.payloadRetentionMs);
        expect(await store.client.pttl(record)).toBeLessThanOrEqual(limits.retentionMs);
        await store.client.del(payload);
      }
      expect(await store.retention.areKept(contents)).toEqual([false, true, false, true]);
    });

    it('is nothing of a job that was deleted', async () => {
      const store = await useStore(url(), { leaseMs });
      const job = await ended(store);
      await store.jobs.delete(job);
      expect(await store.retention.areKept(bothOf(job))).toEqual([false, false]);
    });

    it('belongs to a store that can be told from every other', async () => {
      const store = await useStore(url());
      const same = await useStore(url(), { namespace: store.namespace });
      const other = await useStore(url());
      const identity = await store.retention.identity();
      expect(await same.retention.identity()).toBe(identity);
      expect(await other.retention.identity()).not.toBe(identity);
      await store.client.del(store.keys.epoch);
      await expect(store.retention.identity()).rejects.toThrow(/epoch/);
      const anew = await useStore(url(), { namespace: store.namespace });
      expect(await anew.retention.identity()).not.toBe(identity);
    });
  });
}
