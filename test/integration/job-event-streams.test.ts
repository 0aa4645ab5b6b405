/** Event streams on a real store, where time is moved by hand. */
import { createJobEventStreams, type StreamItem } from '@forebay/api/intake/job-event-streams';
import { eventId } from '@forebay/shared/domain/event-id';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { isRecord, type JobRecord } from '@forebay/shared/domain/job';
import { limits } from '@forebay/shared/domain/limits';
import type { JobStore } from '@forebay/shared/ports/job-store';
import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import { expect, onTestFinished, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { newJob, testTenant, useStore } from '../support/store.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();

const sweepIntervalMs = 5_000;

async function setup(jobs: Partial<JobStore> = {}) {
  const store = await useStore(redis().url);
  const clock = createManualClock();
  const failures: unknown[] = [];
  let reads = 0;
  const streams = createJobEventStreams({
    jobs: { ...store.jobs, ...jobs },
    deltas: {
      read(request) {
        reads += 1;
        return store.deltas.read(request);
      },
    },
    vault: { unpack: (_, packed) => Promise.resolve(JSON.parse(Buffer.from(packed).toString())) },
    wakeUps: store.wakeUps,
    clock,
    events: { emit: (_name, fields) => failures.push(fields) },
    streamsPerKeyMax: 2,
    sweepIntervalMs,
  });
  streams.start();
  onTestFinished(() => streams.stop());
  const job = newJob();
  await store.jobs.admit(job);
  const gone = new AbortController();
  const open = async () => {
    const request = { tenant: testTenant, id: job.id, keyId: 'k1', afterId: 0 };
    const opened = await streams.open({ ...request, signal: gone.signal });
    if (opened.kind !== 'open') throw new Error('the job has ended');
    return { items: opened.items[Symbol.asyncIterator](), close: opened.close };
  };
  return { store, clock, streams, job, gone, open, failures, reads: () => reads };
}

type Scene = Awaited<ReturnType<typeof setup>>;

/** Moves time on by sweeps, each with its real read; tells when the item came. */
async function whenHeard(scene: Scene, item: Promise<IteratorResult<StreamItem>>) {
  const { clock, reads } = scene;
  let heard: StreamItem | undefined;
  void item.then(({ value }) => {
    heard = value ?? undefined;
  });
  const startedMs = clock.monotonicMs();
  for (let sweeps = 0; sweeps < 1_000 && heard === undefined; sweeps += 1) {
    const before = reads();
    await clock.advance(sweepIntervalMs);
    await waitUntil(
      async () => {
        // Only a reader that waits again has a timer, beside that of the sweeps: its read is back.
        const isWaiting = reads() > before && clock.pending() === 2;
        // Runs what fell due at this very moment while the read was under way.
        await clock.advance(0);
        return heard !== undefined || isWaiting;
      },
      { what: 'the read of a sweep', intervalMs: 1 },
    );
  }
  return { item: heard, afterMs: clock.monotonicMs() - startedMs };
}

test('breaks a silence with a sign of life, whatever the sweeps find', async () => {
  const scene = await setup();
  const { items } = await scene.open();
  expect((await items.next()).value).toMatchObject({ kind: 'events', events: [{ id: 1_000_000 }] });
  for (let n = 0; n < 2; n += 1) {
    const { item, afterMs } = await whenHeard(scene, items.next());
    expect(item).toEqual({ kind: 'silence' });
    expect(afterMs).toBe(limits.eventHeartbeatMs);
  }
});

test('finds a change that nobody was told about on its next sweep', async () => {
  const scene = await setup();
  const { items } = await scene.open();
  await items.next();
  // This store publishes, but nothing here listens: the wake-ups were never started.
  await scene.store.jobs.cancel(scene.job);
  const next = items.next();
  await scene.clock.advance(sweepIntervalMs);
  const { value } = await next;
  expect(value).toMatchObject({ kind: 'events', events: [{ change: { state: 'cancelled' } }] });
  expect(await items.next()).toEqual({ done: true, value: undefined });
  expect(scene.streams.count).toBe(0);
});

test('pauses a stream that has lasted too long', async () => {
  const scene = await setup();
  const { items } = await scene.open();
  await items.next();
  await scene.clock.advance(limits.eventStreamMaxSeconds * 1000 - limits.eventHeartbeatMs);
  const kinds: (string | undefined)[] = [];
  while (kinds.at(-1) !== 'pause') kinds.push((await whenHeard(scene, items.next())).item?.kind);
  expect(await items.next()).toEqual({ done: true, value: undefined });
  expect(scene.clock.monotonicMs()).toBe(limits.eventStreamMaxSeconds * 1000);
  expect(scene.streams.count).toBe(0);
});

test('reads nothing ahead of its reader', async () => {
  const { store, job, open, reads } = await setup();
  await store.jobs.claim({
    ...{ id: job.id, tenant: job.tenant, fence: 1, token: 't', worker: 'w', leaseMs: 15_000 },
    ...{ model: 'alpha', deployment: 'alpha/main', reservation: undefined },
  });
  const piece = Buffer.from(JSON.stringify({ choice: 0, field: 'content', text: 'x' }));
  const pieces = Array.from({ length: 3 * limits.eventsPerRead }, () => piece);
  const { id, tenant } = job;
  await store.deltas.append({ id, tenant, fence: 2, batch: 1, pieces, isLast: true });
  const { items } = await open();
  const sizes: number[] = [];
  for (let n = 1; n <= 3; n += 1) {
    expect(reads()).toBe(Math.max(1, n - 1));
    const { value } = await items.next();
    if (value?.kind === 'events') sizes.push(value.events.length);
  }
  // The two changes before the text come with its first part.
  expect(sizes).toEqual([limits.eventsPerRead + 2, limits.eventsPerRead, limits.eventsPerRead]);
});

test('says what is missing also where only the archive knows of it', async () => {
  let archived: JobRecord | undefined;
  const scene = await setup({
    read: (ref) =>
      archived === undefined ? scene.store.jobs.read(ref) : Promise.resolve(archived),
  });
  const { store, job } = scene;
  await store.jobs.claim({
    ...{ id: job.id, tenant: job.tenant, fence: 1, token: 't', worker: 'w', leaseMs: 15_000 },
    ...{ model: 'alpha', deployment: 'alpha/main', reservation: undefined },
  });
  const { id, tenant } = job;
  const pieces = [Buffer.from(JSON.stringify({ choice: 0, field: 'content', text: 'x' }))];
  await store.deltas.append({ id, tenant, fence: 2, batch: 1, pieces, isLast: true });
  const record = await store.jobs.read(job);
  if (!isRecord(record)) throw new Error('the job cannot be read');
  archived = record;
  // What stays in the store of an archived job: its version, and no marks.
  const keys = store.keys.job(tenant, id);
  await store.client.hdel(keys.job, 'deltas');
  await store.client.del(keys.deltas);
  const { items } = await scene.open();
  const { value } = await items.next();
  expect(value).toMatchObject({
    events: [{ id: eventId(1) }, { id: eventId(2) }, { id: eventId(2, 1), kind: 'gap' }],
  });
});

test('goes on after a read that failed, and reports it', async () => {
  let isAway = false;
  const scene = await setup({
    read(ref) {
      if (isAway) throw new ForebayError('store_unavailable', 'away');
      return scene.store.jobs.read(ref);
    },
  });
  const { items } = await scene.open();
  await items.next();
  isAway = true;
  await scene.store.jobs.cancel(scene.job);
  const next = items.next();
  await scene.clock.advance(sweepIntervalMs);
  await waitUntil(() => scene.failures.length === 1, { what: 'the failed read to be told' });
  isAway = false;
  const { item } = await whenHeard(scene, next);
  expect(item).toMatchObject({ kind: 'events', events: [{ change: { state: 'cancelled' } }] });
});

test('gives a place back when nobody reads from it, and when its reader leaves', async () => {
  const { open, streams, gone } = await setup();
  const [first, second] = [await open(), await open()];
  await expect(open()).rejects.toMatchObject({ code: 'too_many_streams' });
  first.close();
  expect(streams.count).toBe(1);
  await second.items.next();
  const waiting = second.items.next();
  gone.abort();
  expect(await waiting).toMatchObject({ value: { kind: 'pause' } });
  await second.items.return?.();
  expect(streams.count).toBe(0);
});
