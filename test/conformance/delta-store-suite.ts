/** What every store must do with the text of running answers; run on both servers. */
import { eventId } from '@forebay/shared/domain/event-id';
import { limits } from '@forebay/shared/domain/limits';
import type { DeltaBatch, DeltaRead, DeltasFound } from '@forebay/shared/ports/delta-store';
import type { NewJob } from '@forebay/shared/ports/job-store';
import { describe, expect, it } from 'vitest';
import { newJob, type TestStore, useStore } from '../support/store.ts';
import { claim, leaseMs, moveTo, mustRead, success } from './job-calls.ts';

/** The version of a job that was admitted and claimed. */
const running = 2;

async function setup(url: string): Promise<{ store: TestStore; job: NewJob }> {
  const store = await useStore(url, { leaseMs });
  const job = newJob();
  await store.jobs.admit(job);
  await claim(store.jobs, job);
  return { store, job };
}

function batchOf(job: NewJob, changes: Partial<DeltaBatch> = {}): DeltaBatch {
  const { id, tenant } = job;
  const pieces = [Buffer.from('piece')];
  return { id, tenant, fence: 2, batch: 1, pieces, isLast: false, ...changes };
}

async function readAll(store: TestStore, job: NewJob, from: Partial<DeltaRead> = {}) {
  const { id, tenant } = job;
  return store.deltas.read({
    ...{ id, tenant, version: running, afterId: 0, limit: 5_000 },
    ...from,
  });
}

function mustBeRead(found: DeltasFound) {
  if (found.kind !== 'read') throw new Error(`not read: ${found.kind}`);
  const texts = found.deltas.map(({ sealed }) => Buffer.from(sealed).toString());
  return { marks: found.marks, ids: found.deltas.map(({ id }) => id), texts };
}

export function describeDeltaStore(name: string, url: () => string): void {
  describe(`${name}: text of running answers`, () => {
    it('numbers pieces within the version, and reads them on from any of them', async () => {
      const { store, job } = await setup(url());
      const pieces = [Buffer.from('a'), Buffer.from([0, 255, 10])];
      expect(await store.deltas.append(batchOf(job, { pieces }))).toBe('appended');
      expect(await store.deltas.append(batchOf(job, { batch: 2 }))).toBe('appended');
      const all = await readAll(store, job);
      expect(mustBeRead(all).ids).toEqual([1, 2, 3].map((n) => eventId(running, n)));
      expect(all).toMatchObject({ deltas: [{ attempt: 1 }, { sealed: pieces[1] }, {}] });
      const rest = mustBeRead(await readAll(store, job, { afterId: eventId(running, 2) }));
      expect(rest).toMatchObject({ ids: [eventId(running, 3)], texts: ['piece'] });
      expect(rest.marks).toEqual({ tailId: eventId(running, 3), cutId: 0, wholeFence: 0 });
      expect((await mustRead(store.jobs, job)).deltas).toEqual(rest.marks);
      expect((await mustRead(store.jobs, job)).version).toBe(running);
    });

    it('writes a batch that is sent again once', async () => {
      const { store, job } = await setup(url());
      for (const batch of [1, 2, 1, 2]) {
        expect(await store.deltas.append(batchOf(job, { batch }))).toBe('appended');
      }
      expect(mustBeRead(await readAll(store, job)).ids).toHaveLength(2);
    });

    it('refuses a worker whose job has moved on, been cancelled or ended', async () => {
      const { store, job } = await setup(url());
      await store.deltas.append(batchOf(job));
      store.advance(leaseMs + 1);
      await store.jobs.reassign(moveTo(job, 'alpha', {}));
      expect(await store.deltas.append(batchOf(job, { batch: 2 }))).toBe('refused');
      await claim(store.jobs, job, { fence: 3, token: 'claim-2' });
      expect(await store.deltas.append(batchOf(job, { batch: 2 }))).toBe('refused');
      expect(await store.deltas.append(batchOf(job, { fence: 4 }))).toBe('appended');
      const { version } = await mustRead(store.jobs, job);
      const found = await readAll(store, job, { version });
      expect(mustBeRead(found).ids).toEqual([eventId(2, 1), eventId(version, 1)]);
      expect(found).toMatchObject({ deltas: [{ attempt: 1 }, { attempt: 2 }] });
      await store.jobs.cancel(job);
      expect(await store.deltas.append(batchOf(job, { fence: 4, batch: 2 }))).toBe('refused');
      await store.jobs.settle(success(job, 4, 1n));
      expect(await store.deltas.append(batchOf(job, { fence: 4, batch: 2 }))).toBe('refused');
      const missing = newJob();
      expect(await store.deltas.append(batchOf(missing))).toBe('refused');
    });

    it('goes on counting when the version changes while the attempt runs', async () => {
      const { store, job } = await setup(url());
      store.advance(leaseMs + 1);
      await store.jobs.reassign(moveTo(job, 'alpha', {}));
      await claim(store.jobs, job, { fence: 3, token: 'claim-2' });
      await store.deltas.append(batchOf(job, { fence: 4 }));
      // A late answer of the first attempt is recorded, and raises the version.
      expect(await store.jobs.settle(success(job, 2, 1n))).toEqual({ kind: 'wasted' });
      await store.deltas.append(batchOf(job, { fence: 4, batch: 2 }));
      expect(mustBeRead(await readAll(store, job, { version: 5 })).ids).toEqual([
        eventId(4, 1),
        eventId(5, 1),
      ]);
    });

    it('says that the job has changed, instead of mixing two versions', async () => {
      const { store, job } = await setup(url());
      expect(await readAll(store, job, { version: 1 })).toEqual({ kind: 'changed' });
      expect(await readAll(store, newJob())).toEqual({ kind: 'missing' });
    });

    it('marks which attempt was shown to its end, also with an empty last batch', async () => {
      const { store, job } = await setup(url());
      await store.deltas.append(batchOf(job));
      await store.deltas.append(batchOf(job, { batch: 2, pieces: [], isLast: true }));
      const { marks, ids } = mustBeRead(await readAll(store, job));
      expect(marks).toEqual({ tailId: eventId(running, 1), cutId: 0, wholeFence: 2 });
      expect(ids).toHaveLength(1);
    });

    it('keeps the newest pieces and remembers up to where others are gone', async () => {
      const { store, job } = await setup(url());
      const pieces = Array.from({ length: 512 }, (_, n) => Buffer.from(String(n)));
      const batches = limits.deltasKeptMax / pieces.length + 1;
      for (let batch = 1; batch <= batches; batch += 1) {
        await store.deltas.append(batchOf(job, { batch, pieces }));
      }
      const { marks, ids } = mustBeRead(await readAll(store, job));
      expect(ids).toHaveLength(limits.deltasKeptMax);
      expect(ids[0]).toBe(eventId(running, 513));
      expect(marks.cutId).toBe(eventId(running, 512));
    });

    it('lets the pieces go by themselves, and knows it when new ones come', async () => {
      const { store, job } = await setup(url());
      await store.deltas.append(batchOf(job));
      const key = store.keys.job(job.tenant, job.id).deltas;
      const leftMs = await store.client.pttl(key);
      expect(leftMs).toBeGreaterThan(limits.deltaRetentionMs / 2);
      expect(leftMs).toBeLessThanOrEqual(limits.deltaRetentionMs);
      // As if their time were over.
      await store.client.del(key);
      const gone = mustBeRead(await readAll(store, job));
      expect(gone).toMatchObject({ ids: [], marks: { tailId: eventId(running, 1), cutId: 0 } });
      await store.deltas.append(batchOf(job, { batch: 2 }));
      expect(mustBeRead(await readAll(store, job))).toMatchObject({
        ids: [eventId(running, 2)],
        marks: { cutId: eventId(running, 1) },
      });
    });

    it('tells listeners that asked for it, and no others', async () => {
      const { store, job } = await setup(url());
      const other = await useStore(url(), { namespace: store.namespace });
      const heard: string[] = [];
      await Promise.all([
        store.wakeUps.start('changes_and_deltas'),
        other.wakeUps.start('changes'),
      ]);
      const told = new Promise<void>((resolve) => {
        store.wakeUps.listen({
          onChange: () => resolve(),
          onDelta: (id) => heard.push(`first: ${id}`),
          onReconnect: () => undefined,
        });
      });
      other.wakeUps.listen({
        onChange: () => undefined,
        onDelta: (id) => heard.push(`second: ${id}`),
        onReconnect: () => undefined,
      });
      await store.deltas.append(batchOf(job));
      await store.jobs.cancel(job);
      await told;
      expect(heard).toEqual([`first: ${job.id}`]);
    });
  });
}
