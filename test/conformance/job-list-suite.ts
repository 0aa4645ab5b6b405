/** What every job store must do when it lists jobs. */
import type { JobId } from '@forebay/shared/domain/ids';
import { limits } from '@forebay/shared/domain/limits';
import type { JobListQuery, JobStore, ListPlace, NewJob } from '@forebay/shared/ports/job-store';
import { describe, expect, it } from 'vitest';
import {
  newJob,
  plainSpec,
  type TestStore,
  tenantNamed,
  testTenant,
  useStore,
} from '../support/store.ts';
import { claim, leaseMs } from './job-calls.ts';

const all: JobListQuery = {
  tenant: testTenant,
  batchId: undefined,
  states: [],
  model: undefined,
  createdFromMs: undefined,
  createdBeforeMs: undefined,
  after: undefined,
  limit: 100,
};

/** Jobs made together, so in one millisecond. */
async function admitMany(jobs: JobStore, count: number, changes: Partial<NewJob> = {}) {
  const group = Array.from({ length: count }, () => newJob(changes));
  await jobs.admitGroup({ jobs: group, onRefusal: 'each' });
  return group.map(({ id }) => id);
}

/** Every page of a walk, with the place after each. */
async function walk(jobs: JobStore, query: Partial<JobListQuery>): Promise<readonly JobId[][]> {
  const pages: JobId[][] = [];
  let after: ListPlace | undefined;
  do {
    const page = await jobs.list({ ...all, ...query, after });
    pages.push([...page.ids]);
    after = page.goesOnAfter;
  } while (after !== undefined);
  return pages;
}

export function describeJobLists(name: string, url: () => string): void {
  describe(`${name}: lists of jobs`, () => {
    const open = (): Promise<TestStore> => useStore(url(), { leaseMs });

    it('walks newest first, each job once, also through jobs of one millisecond', async () => {
      const store = await open();
      const made: JobId[] = [];
      for (let round = 0; round < 3; round += 1) {
        made.push(...(await admitMany(store.jobs, 40)));
        store.advance(1_000);
      }
      for (const limit of [1, 7, 40, 100]) {
        const pages = await walk(store.jobs, { limit });
        expect(pages.flat(), `pages of ${limit}`).toEqual(made.toReversed());
        expect(pages).toHaveLength(Math.ceil(120 / limit));
      }
      expect(await walk(store.jobs, { tenant: tenantNamed('nobody') })).toEqual([[]]);
    });

    it('shows a job for as long as it may live, however long others come', async () => {
      const store = await open();
      const { jobs, client, keys } = store;
      const [first] = await admitMany(jobs, 1);
      const leftMs = await client.pttl(keys.jobIndex(testTenant));
      expect(leftMs).toBeGreaterThan(limits.jobLifeMaxMs + limits.retentionMs - 60_000);
      store.advance(limits.jobLifeMaxMs);
      const [second] = await admitMany(jobs, 1);
      expect((await jobs.list(all)).ids).toEqual([second, first]);
    });

    it('goes on at the same place though jobs come and the last one shown is gone', async () => {
      const { jobs, client, keys } = await open();
      const made = await admitMany(jobs, 30);
      const first = await jobs.list({ ...all, limit: 10 });
      await admitMany(jobs, 10);
      const shown = first.ids.at(-1);
      expect(shown).toBe(made[20]);
      await client.del(keys.job(testTenant, shown ?? newJob().id).job);
      await client.zrem(keys.jobIndex(testTenant), shown ?? '');
      const rest = await jobs.list({ ...all, after: first.goesOnAfter });
      expect(rest).toEqual({ ids: made.slice(0, 20).toReversed(), goesOnAfter: undefined });
    });

    it('filters by state, by model, by bulk call and by the time of making', async () => {
      const store = await open();
      const { jobs } = store;
      const startMs = await jobs.nowMs();
      const [old = newJob().id] = await admitMany(jobs, 1);
      store.advance(60_000);
      const [beta = old] = await admitMany(jobs, 1, { model: 'beta' });
      const [bulk = old] = await admitMany(jobs, 1, {
        spec: { ...plainSpec, batchId: 'bulk_1' },
      });
      const running = newJob();
      await jobs.admit(running);
      await claim(jobs, running);
      const listed = async (query: Partial<JobListQuery>) => (await walk(jobs, query)).flat();
      expect(await listed({ states: ['running'] })).toEqual([running.id]);
      expect(await listed({ states: ['failed'] })).toEqual([]);
      expect(await listed({ states: ['queued', 'running'] })).toHaveLength(4);
      expect(await listed({ model: 'beta' })).toEqual([beta]);
      expect(await listed({ batchId: 'bulk_1' })).toEqual([bulk]);
      expect(await listed({ batchId: 'bulk_2' })).toEqual([]);
      const laterMs = startMs + 60_000;
      expect(await listed({ createdBeforeMs: laterMs })).toEqual([old]);
      expect(await listed({ createdFromMs: laterMs })).not.toContain(old);
      const [record] = await jobs.readMany([{ tenant: testTenant, id: old }]);
      const bornMs = record !== undefined && 'createdAtMs' in record ? record.createdAtMs : 0;
      // The lower bound is part of the range, the upper one is not.
      const range = { createdFromMs: bornMs, createdBeforeMs: bornMs + 1 };
      expect(await listed(range)).toEqual([old]);
      expect(await listed({ createdBeforeMs: bornMs })).toEqual([]);
    });

    it('looks at a bounded number of jobs in one call, and says that there are more', async () => {
      const { jobs } = await open();
      const [rare = newJob().id] = await admitMany(jobs, 1, { model: 'beta' });
      await admitMany(jobs, limits.admitGroupMax);
      await admitMany(jobs, limits.admitGroupMax);
      const first = await jobs.list({ ...all, model: 'beta' });
      expect(first.ids).toEqual([]);
      expect(first.goesOnAfter).toBeDefined();
      const pages = await walk(jobs, { model: 'beta' });
      const looks = Math.ceil((2 * limits.admitGroupMax + 1) / limits.listLooksMax);
      expect(pages).toEqual([...Array.from({ length: looks - 1 }, () => []), [rare]]);
    });

    it('passes over jobs whose record is gone, and drops their entries', async () => {
      const { jobs, client, keys } = await open();
      const made = await admitMany(jobs, 10);
      const gone = made.filter((_, index) => index % 2 === 0);
      for (const id of gone) await client.del(keys.job(testTenant, id).job);
      const left = made.filter((id) => !gone.includes(id)).toReversed();
      expect(await walk(jobs, { limit: 2 })).toEqual([
        left.slice(0, 2),
        left.slice(2, 4),
        left.slice(4),
      ]);
      expect(await client.zcard(keys.jobIndex(testTenant))).toBe(5);
    });

    it('shows nothing of a tenant to another one of the same shard', async () => {
      const { jobs, keys } = await open();
      await admitMany(jobs, 1, { spec: { ...plainSpec, batchId: 'bulk_1' } });
      const shard = keys.shardOf(testTenant);
      const names = Array.from({ length: 1_000 }, (_, n) => tenantNamed(`other-${n}`));
      const tenant = names.find((other) => keys.shardOf(other) === shard) ?? testTenant;
      expect(tenant).not.toBe(testTenant);
      expect(await walk(jobs, { tenant })).toEqual([[]]);
      expect(await walk(jobs, { tenant, batchId: 'bulk_1' })).toEqual([[]]);
    });
  });
}
