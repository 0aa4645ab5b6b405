/** What the sweeper deletes from the data folder, and above all what it does not (P21). */
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newJobId } from '@forebay/shared/domain/ids';
import { limits } from '@forebay/shared/domain/limits';
import { newObjectKey } from '@forebay/shared/payloads/object-key';
import type { JobRef } from '@forebay/shared/ports/job-store';
import type { ObjectStore } from '@forebay/shared/ports/object-store';
import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import { createDiskObjectStore } from '@forebay/shared/storage/disk-object-store';
import { createEvents } from '@forebay/shared/telemetry/events';
import { createRetentionSweeper } from '@forebay/worker/archive/retention-sweeper';
import type { WorkerEventFields } from '@forebay/worker/worker-events';
import { expect, test } from 'vitest';
import { archiveJobs } from '../support/archive-jobs.ts';
import { useRedis } from '../support/redis.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { archiveIn, newJob, type TestStore, testTenant, useStore } from '../support/store.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const graceMs = limits.objectGraceMsMin;

interface Stage {
  readonly store: TestStore;
  readonly objectsDir: string;
  readonly objects: ObjectStore;
}

async function setStage(): Promise<Stage> {
  const objectsDir = scratchFolder('retention');
  const store = await useStore(redis().url, { objectsDir });
  return { store, objectsDir, objects: createDiskObjectStore(objectsDir) };
}

/** Writes what the vault would have written for the job, long ago unless said otherwise. */
async function write(
  { objects, objectsDir }: Stage,
  { tenant, id: job }: JobRef,
  { field, ageMs = 2 * graceMs }: { field: 'payload' | 'result'; ageMs?: number },
): Promise<string> {
  const key = newObjectKey({ tenant, job, field });
  await objects.put(key, Buffer.alloc(1_000));
  const writtenAt = (Date.now() - ageMs) / 1_000;
  utimesSync(join(objectsDir, `${key}.object`), writtenAt, writtenAt);
  return key;
}

function isThere({ objectsDir }: Stage, key: string): boolean {
  return existsSync(join(objectsDir, `${key}.object`));
}

const unknownJob = (): JobRef => ({ tenant: testTenant, id: newJobId() });

/** One walk through the folder, from its beginning to its end. */
async function sweep(stage: Stage, changes: { objects?: ObjectStore; pageSize?: number } = {}) {
  const { store, objectsDir } = stage;
  const clock = createManualClock();
  const events = createEvents<WorkerEventFields>((name, error) => {
    throw new Error(`a listener of ${name} threw`, { cause: error });
  });
  const deleted: WorkerEventFields['objects.deleted'][] = [];
  const failed: string[] = [];
  let refused = 0;
  events.on('objects.deleted', (fields) => deleted.push(fields));
  events.on('object.delete_failed', ({ key }) => failed.push(key));
  events.on('loop.failed', ({ error }) => failed.push(String(error)));
  events.on('retention.refused', () => {
    refused += 1;
  });
  const sweeper = createRetentionSweeper({
    store: store.retention,
    objects: changes.objects ?? stage.objects,
    archive: archiveIn(objectsDir),
    nowMs: () => store.jobs.nowMs(),
    clock,
    events,
    graceMs,
    intervalMs: limits.retentionIntervalMs,
    ...(changes.pageSize === undefined ? {} : { pageSize: changes.pageSize }),
  });
  sweeper.start();
  // It waits for its next walk: this one is over.
  await waitUntil(() => clock.pending() === 1, { what: 'the walk to end' });
  await sweeper.stop();
  return { deleted, failed, refused };
}

test('deletes what no job refers to, and nothing that a job still needs', async () => {
  const stage = await setStage();
  const { store } = stage;
  const [live, ended, archived] = [newJob(), newJob(), newJob()];
  for (const job of [live, ended, archived]) await store.jobs.admit(job);
  for (const job of [ended, archived]) await store.jobs.cancel(job);
  await archiveJobs(store, archiveIn(stage.objectsDir), [archived]);
  const kept = [
    await write(stage, live, { field: 'payload' }),
    // Of an attempt that may still be settled.
    await write(stage, live, { field: 'result' }),
    await write(stage, ended, { field: 'payload' }),
    await write(stage, ended, { field: 'result' }),
    await write(stage, archived, { field: 'result' }),
  ];
  const gone = [
    await write(stage, unknownJob(), { field: 'payload' }),
    await write(stage, unknownJob(), { field: 'result' }),
    await write(stage, archived, { field: 'payload' }),
  ];
  await store.client.del(store.keys.job(archived.tenant, archived.id).payload);

  const { deleted, failed } = await sweep(stage);

  expect(kept.map((key) => isThere(stage, key))).toEqual(kept.map(() => true));
  expect(gone.map((key) => isThere(stage, key))).toEqual(gone.map(() => false));
  expect(deleted).toEqual([
    { kind: 'payload', count: 2, bytes: 2_000 },
    { kind: 'result', count: 1, bytes: 1_000 },
  ]);
  expect(failed).toEqual([]);
});

test('leaves alone what was written a moment ago, since its job may be on its way', async () => {
  const stage = await setStage();
  const young = await write(stage, unknownJob(), { field: 'payload', ageMs: graceMs - 60_000 });

  expect((await sweep(stage)).deleted).toEqual([]);
  expect(isThere(stage, young)).toBe(true);

  stage.store.advance(120_000);
  expect((await sweep(stage)).deleted).toEqual([{ kind: 'payload', count: 1, bytes: 1_000 }]);
  expect(isThere(stage, young)).toBe(false);
});

test('deletes segments once all their jobs have left, and not before', async () => {
  const stage = await setStage();
  const { store, objectsDir } = stage;
  for (const advanceMs of [0, limits.retentionMs / 2]) {
    store.advance(advanceMs);
    const job = newJob();
    await store.jobs.admit(job);
    await store.jobs.cancel(job);
    await archiveJobs(store, archiveIn(objectsDir), [job]);
  }
  const segments = (): readonly string[] => readdirSync(join(objectsDir, 'segments'));
  const [older, newer] = segments();

  await sweep(stage);
  expect(segments()).toEqual([older, newer]);
  store.advance(limits.retentionMs / 2 + 60_000);
  expect((await sweep(stage, { pageSize: 1 })).deleted).toMatchObject([{ kind: 'segment' }]);
  expect(segments()).toEqual([newer]);
});

test('deletes nothing from a folder that belongs to another store', async () => {
  const stage = await setStage();
  await sweep(stage);
  const key = await write(stage, unknownJob(), { field: 'payload' });
  const emptied = { ...stage, store: await useStore(redis().url) };

  expect(await sweep(emptied)).toEqual({ deleted: [], failed: [], refused: 1 });
  expect(isThere(stage, key)).toBe(true);
  expect((await sweep(stage)).deleted).toHaveLength(1);
});

test('walks through all objects by pages, and on behind one that cannot be deleted', async () => {
  const stage = await setStage();
  const jobs = Array.from({ length: 7 }, unknownJob);
  const keys: string[] = [];
  for (const job of jobs) keys.push(await write(stage, job, { field: 'payload' }));
  for (const job of jobs) keys.push(await write(stage, job, { field: 'result' }));
  const [stuck = ''] = keys;
  let listedMax = 0;
  const objects: ObjectStore = {
    ...stage.objects,
    async list(request) {
      listedMax = Math.max(listedMax, request.limit);
      return stage.objects.list(request);
    },
    async delete(key) {
      if (key === stuck) throw new Error('the disk refuses');
      await stage.objects.delete(key);
    },
  };

  const { failed } = await sweep(stage, { objects, pageSize: 3 });

  expect(failed).toEqual([stuck]);
  expect(listedMax).toBe(3);
  expect(keys.filter((key) => isThere(stage, key))).toEqual([stuck]);
  await sweep(stage);
  expect(isThere(stage, stuck)).toBe(false);
});

test('deletes what a killed process has left half-written', async () => {
  const stage = await setStage();
  const unfinished = join(stage.objectsDir, '.unfinished');
  mkdirSync(unfinished);
  for (const name of ['old', 'young']) writeFileSync(join(unfinished, name), 'half of a prompt');
  const longAgo = (Date.now() - 2 * graceMs) / 1_000;
  utimesSync(join(unfinished, 'old'), longAgo, longAgo);

  expect((await sweep(stage)).deleted).toEqual([{ kind: 'unfinished', count: 1, bytes: 16 }]);
  expect(readdirSync(unfinished)).toEqual(['young']);
});

test('does not touch what it did not name', async () => {
  const stage = await setStage();
  const strangers = ['payloads/notes', 'payloads/dev/no-job/x', 'results/a/b/c/d', 'segments/old'];
  for (const key of strangers) await stage.objects.put(key, Buffer.from('mine'));
  stage.store.advance(10 * limits.retentionMs);

  expect(await sweep(stage)).toEqual({ deleted: [], failed: [], refused: 0 });
  expect(strangers.map((key) => isThere(stage, key))).toEqual(strangers.map(() => true));
});
