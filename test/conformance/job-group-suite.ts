/** What every job store must do when many jobs come in together. */
import type { JobId } from '@forebay/shared/domain/ids';
import type { NewJob } from '@forebay/shared/ports/job-store';
import { describe, expect, it } from 'vitest';
import { newJob, plainSpec, type TestStore, useStore } from '../support/store.ts';
import { claim, leaseMs, mustBeClaimed, mustRead } from './job-calls.ts';

const keyed = (keyHash: string, fingerprint = 'f'): NewJob =>
  newJob({ idempotency: { keyHash, fingerprint } });

async function reservedIn({ client, keys }: TestStore, job: NewJob): Promise<string | null> {
  return client.hget(keys.job(job.tenant, job.id).money, 'reserved');
}

export function describeJobGroups(name: string, url: () => string): void {
  describe(`${name}: admission in groups`, () => {
    const open = (): Promise<TestStore> => useStore(url(), { leaseMs });

    it('makes each job whole: record, payload, money, indexes and due entry', async () => {
      const store = await open();
      const { jobs, client, keys } = store;
      const spec = { ...plainSpec, batchId: 'bulk_1' };
      const scheduled = { runAtMs: Date.now() + 60_000, reservation: 0n };
      const group = [newJob({ spec }), newJob({ spec, ...scheduled }), newJob()];
      const results = await jobs.admitGroup({ jobs: group, onRefusal: 'each' });
      for (const [index, job] of group.entries()) {
        expect(results[index]).toEqual({ kind: 'admitted', record: await mustRead(jobs, job) });
        expect(Buffer.from((await jobs.readPayload(job)) ?? []).toString()).toBe('sealed');
      }
      const [first, second, third] = group;
      if (first === undefined || second === undefined || third === undefined) throw new Error();
      expect((await mustRead(jobs, second)).state).toBe('scheduled');
      expect(await reservedIn(store, first)).toBe('800');
      const members = (key: string): Promise<string[]> => client.zrange(key, 0, '-1');
      const ids = (list: readonly NewJob[]): JobId[] => list.map(({ id }) => id).toSorted();
      expect(await members(keys.jobIndex(first.tenant))).toEqual(ids(group));
      const batch = await members(keys.batchIndex(first.tenant, 'bulk_1'));
      expect(batch).toEqual(ids([first, second]));
      expect(await client.zcard(keys.job(first.tenant, first.id).due)).toBe(3);
    });

    it('gives the first answers again when the call is repeated, and changes nothing', async () => {
      const store = await open();
      const group = [keyed('a'), keyed('a'), keyed('b'), keyed('b', 'other'), newJob()];
      const first = await store.jobs.admitGroup({ jobs: group, onRefusal: 'each' });
      const again = await store.jobs.admitGroup({ jobs: group, onRefusal: 'each' });
      expect(first.map(({ kind }) => kind)).toEqual([
        'admitted',
        'replayed',
        'admitted',
        'idempotency_mismatch',
        'admitted',
      ]);
      expect(first[1]).toEqual({ kind: 'replayed', id: group[0]?.id });
      expect(again).toEqual(first);
      expect(await reservedIn(store, newJob())).toBe('1200');
    });

    it('tells whoever repeats a call where a job stands that has gone on since', async () => {
      const { jobs } = await open();
      const job = newJob();
      await jobs.admitGroup({ jobs: [job], onRefusal: 'each' });
      const running = mustBeClaimed(await claim(jobs, job));
      const [again] = await jobs.admitGroup({ jobs: [job, newJob()], onRefusal: 'each' });
      expect(again).toEqual({ kind: 'admitted', record: running });
    });

    it('withholds what comes after a refused job, if the caller wants that', async () => {
      const store = await open();
      await store.jobs.admit(keyed('taken'));
      const group = [newJob(), keyed('taken'), keyed('taken', 'other'), newJob()];
      const results = await store.jobs.admitGroup({ jobs: group, onRefusal: 'until_refused' });
      const kinds = results.map(({ kind }) => kind);
      expect(kinds).toEqual(['admitted', 'replayed', 'idempotency_mismatch', 'withheld']);
      expect(await store.jobs.read(group[3] ?? newJob())).toBeUndefined();
      expect(await reservedIn(store, newJob())).toBe('800');
    });

    it('makes none of a group of which one is refused, if the caller wants that', async () => {
      const store = await open();
      await store.jobs.admit(keyed('taken'));
      const group = [newJob(), keyed('fresh'), keyed('taken', 'other'), newJob()];
      const results = await store.jobs.admitGroup({ jobs: group, onRefusal: 'all_or_none' });
      const kinds = results.map(({ kind }) => kind);
      expect(kinds).toEqual(['withheld', 'withheld', 'idempotency_mismatch', 'withheld']);
      for (const job of group) expect(await store.jobs.read(job)).toBeUndefined();
      expect(await reservedIn(store, newJob())).toBe('400');
      expect((await store.jobs.admit(keyed('fresh', 'another'))).kind).toBe('admitted');
    });

    it('names no job that was withheld as the earlier one of another', async () => {
      const { jobs } = await open();
      await jobs.admit(keyed('taken'));
      const group = [keyed('twice'), keyed('twice'), keyed('taken'), keyed('taken', 'other')];
      const results = await jobs.admitGroup({ jobs: group, onRefusal: 'all_or_none' });
      const kinds = results.map(({ kind }) => kind);
      expect(kinds).toEqual(['withheld', 'withheld', 'replayed', 'idempotency_mismatch']);
    });

    it('changes nothing when one reservation is above its ceiling', async () => {
      const { jobs } = await open();
      const fine = newJob();
      const group = [fine, newJob({ reservation: 1_001n })];
      await expect(jobs.admitGroup({ jobs: group, onRefusal: 'each' })).rejects.toThrow(/ceiling/);
      expect(await jobs.read(fine)).toBeUndefined();
    });
  });
}
