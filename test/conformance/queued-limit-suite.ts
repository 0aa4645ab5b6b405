/** What every job store must do with the number of jobs of a key that may wait. */
import type { NewJob } from '@forebay/shared/ports/job-store';
import { describe, expect, it } from 'vitest';
import { newJob, plainSpec, type TestStore, testTenant, useStore } from '../support/store.ts';
import { claim, leaseMs, moveTo, success } from './job-calls.ts';

function jobOf(keyId: string, queuedMax: number | undefined, changes: Partial<NewJob> = {}) {
  return newJob({ spec: { ...plainSpec, keyId }, queuedMax, ...changes });
}

async function queuedOf(store: TestStore, keyId = 'key-1'): Promise<number> {
  return Number(await store.client.hget(`${store.keys.money(testTenant)}:queued`, keyId));
}

export function describeQueuedLimit(where: string, url: () => string): void {
  describe(`the waiting jobs of a key on ${where}`, () => {
    it('are no more than may be, however many are sent at once', async () => {
      const store = await useStore(url());
      const jobs = Array.from({ length: 60 }, () => jobOf('key-1', 7));
      const results = await Promise.all(jobs.map((job) => store.jobs.admit(job)));
      const kinds = results.map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'admitted')).toHaveLength(7);
      expect(kinds.filter((kind) => kind === 'queue_full')).toHaveLength(53);
      expect(await queuedOf(store)).toBe(7);
      expect((await store.jobs.admit(jobOf('key-2', 1))).kind).toBe('admitted');
      expect((await store.jobs.admit(jobOf('key-1', undefined))).kind).toBe('admitted');
      const first = results.findIndex(({ kind }) => kind === 'admitted');
      const again = jobs[first];
      if (again === undefined) throw new Error('one was admitted');
      expect((await store.jobs.admit(again)).kind).toBe('admitted');
      expect(await queuedOf(store)).toBe(8);
    });

    it('make room where one begins or ends, and take it when one comes back', async () => {
      const store = await useStore(url());
      const { jobs } = store;
      const [one, two] = [jobOf('key-1', 2), jobOf('key-1', 2, { runAtMs: Date.now() + 60_000 })];
      for (const job of [one, two]) expect((await jobs.admit(job)).kind).toBe('admitted');
      expect((await jobs.admit(jobOf('key-1', 2))).kind).toBe('queue_full');
      await claim(jobs, one);
      expect(await queuedOf(store)).toBe(1);
      store.advance(leaseMs + 1);
      expect((await jobs.reassign(moveTo(one, 'beta', {}))).kind).toBe('reassigned');
      expect(await queuedOf(store)).toBe(2);
      await claim(jobs, one, { fence: 3, token: 'claim-2' });
      await jobs.settle(success(one, 4, 100n));
      expect(await queuedOf(store)).toBe(1);
      await jobs.cancel(two);
      await jobs.cancel(two);
      expect(await queuedOf(store)).toBe(0);
      const waits = jobOf('key-1', 2);
      await jobs.admit(waits);
      const expired = { ...success(waits, 1, 0n), attempt: undefined, to: 'expired' } as const;
      await jobs.settle({ ...expired, from: ['queued'], sealedResult: undefined });
      expect(await queuedOf(store)).toBe(0);
    });

    it('count within one call, and a refusal there means what the call says', async () => {
      const store = await useStore(url());
      const three = () => [jobOf('key-1', 2), jobOf('key-1', 2), jobOf('key-1', 2)];
      const kinds = async (onRefusal: 'each' | 'all_or_none') =>
        (await store.jobs.admitGroup({ jobs: three(), onRefusal })).map(({ kind }) => kind);
      expect(await kinds('all_or_none')).toEqual(['withheld', 'withheld', 'queue_full']);
      expect(await queuedOf(store)).toBe(0);
      expect(await kinds('each')).toEqual(['admitted', 'admitted', 'queue_full']);
      expect(await queuedOf(store)).toBe(2);
    });
  });
}
