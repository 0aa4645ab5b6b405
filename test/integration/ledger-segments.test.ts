/** The ledger on its way from the store to segments and rollups: each line counts once, always. */
import { join } from 'node:path';
import type { LedgerLine } from '@forebay/shared/domain/ledger-line';
import { chainLedger, segmentText } from '@forebay/shared/ledger/chain-ledger';
import { readRollups } from '@forebay/shared/ledger/read-rollups';
import {
  hourMs,
  rollupFolder,
  segmentFolder,
  segmentName,
} from '@forebay/shared/ledger/rollup-names';
import { createUsageTally } from '@forebay/shared/ledger/usage-tally';
import { verifyLedger } from '@forebay/shared/ledger/verify-ledger';
import type { ObjectStore } from '@forebay/shared/ports/object-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import type { Service } from '@forebay/shared/runtime/service';
import { createDiskObjectStore } from '@forebay/shared/storage/disk-object-store';
import { createEvents } from '@forebay/shared/telemetry/events';
import { createLedgerKeeper } from '@forebay/worker/ledger/ledger-keeper';
import { mergeTenant } from '@forebay/worker/ledger/rollup-merger';
import { createRollupService } from '@forebay/worker/ledger/rollup-service';
import type { WorkerEventFields } from '@forebay/worker/worker-events';
import { expect, onTestFinished, test } from 'vitest';
import { makeLines } from '../support/ledger-lines.ts';
import { useRedis } from '../support/redis.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { type TestStore, testTenant, useStore } from '../support/store.ts';
import { waitUntil } from '../support/wait-until.ts';
import { writeLedger } from '../support/write-ledger.ts';

const redis = useRedis();
const tagsOf = (model: string): readonly string[] => (model === 'alpha' ? ['eu'] : []);
const metadataKeys = (): readonly string[] => ['team'];

interface Stage {
  readonly store: TestStore;
  readonly objects: ObjectStore;
}

async function setStage(): Promise<Stage> {
  const objects = createDiskObjectStore(join(scratchFolder('ledger'), 'objects'));
  return { store: await useStore(redis().url), objects };
}

function eventsOf(failed: unknown[]) {
  const events = createEvents<WorkerEventFields>((name, error) => {
    throw new Error(`a listener of ${name} threw`, { cause: error });
  });
  events.on('loop.failed', ({ error }) => failed.push(error));
  return events;
}

function startKeeper({ store, objects }: Stage, failed: unknown[] = []): Service {
  const keeper = createLedgerKeeper({
    ledger: store.ledger,
    objects,
    metadataKeys,
    tagsOf,
    clock: systemClock,
    events: eventsOf(failed),
    segmentAgeMs: 0,
    intervalMs: 20,
  });
  keeper.start();
  onTestFinished(() => keeper.stop());
  return keeper;
}

/** Until no line stands in the store only. */
async function untilKept({ store }: Stage): Promise<void> {
  const shard = store.keys.shardOf(testTenant);
  await waitUntil(async () => (await store.ledger.oldestMs(shard)) === undefined, {
    what: 'every line to stand in a segment',
  });
}

async function usageOf({ store, objects }: Stage, needsHours = false) {
  const reader = { ledger: store.ledger, objects, metadataKeys, tagsOf };
  const span = { tenant: testTenant, fromMs: 0, beforeMs: Date.UTC(2100, 0, 1), needsHours };
  const query = { fromHour: 0, beforeHour: Number.POSITIVE_INFINITY, filters: new Map() };
  const { sink } = await readRollups(reader, span, () => {
    const tally = createUsageTally({ ...query, groupBy: ['day', 'metadata.team'] });
    return {
      add: ({ usage }) => tally.add(usage),
      read: () => ({ total: tally.total(), groups: tally.groups() }),
    };
  });
  return sink.read();
}

async function segmentLines({ objects }: Stage): Promise<readonly LedgerLine[]> {
  const found = await objects.list({ folder: segmentFolder, after: undefined, limit: 1_000 });
  const texts = await Promise.all(found.map(async ({ key }) => objects.get(key)));
  return texts
    .flatMap((bytes) =>
      Buffer.from(bytes ?? [])
        .toString()
        .split('\n'),
    )
    .filter((text) => text !== '')
    .map((text): LedgerLine => JSON.parse(text));
}

async function rollupNames({ objects }: Stage): Promise<readonly string[]> {
  const found = await objects.list({ folder: rollupFolder, after: undefined, limit: 1_000 });
  return found.map(({ key }) => key.split('/').at(-1)?.split('_')[0] ?? '');
}

/** Fails as a crash would: the n-th change and all after it do not happen. */
function dyingObjects(objects: ObjectStore, changesBefore: number): ObjectStore {
  let changes = 0;
  const change = <T>(action: () => Promise<T>): Promise<T> => {
    changes += 1;
    return changes > changesBefore ? Promise.reject(new Error('died here')) : action();
  };
  return {
    ...objects,
    put: (key, bytes) => change(() => objects.put(key, bytes)),
    putOnce: (key, bytes) => change(() => objects.putOnce(key, bytes)),
    delete: (key) => change(() => objects.delete(key)),
  };
}

const fromMs = Date.UTC(2020, 0, 30, 21);
const oneHour = { seed: 5, fromMs, overMs: hourMs };
const fiveHours = { seed: 3, fromMs, overMs: 5 * hourMs };

test('several keepers bring each line to one segment, and usage stays the same', async () => {
  const stage = await setStage();
  const lines = [...makeLines({ ...oneHour, count: 500 })];
  await writeLedger(stage.store, lines);
  const before = await usageOf(stage);
  const failed: unknown[] = [];
  for (let n = 0; n < 2; n += 1) startKeeper(stage, failed);
  let looks = 0;
  const shard = stage.store.keys.shardOf(testTenant);
  while ((await stage.store.ledger.oldestMs(shard)) !== undefined) {
    expect(await usageOf(stage)).toEqual(before);
    looks += 1;
  }
  expect(looks).toBeGreaterThan(0);
  expect(await usageOf(stage)).toEqual(before);
  expect(failed).toEqual([]);
  expect((await segmentLines(stage)).map(({ id }) => id)).toEqual(lines.map(({ id }) => id));
  expect(await stage.store.client.xlen(stage.store.keys.ledger(shard))).toBe(0);
});

test('a keeper that dies at any write leaves neither a gap nor a line twice', async () => {
  const stage = await setStage();
  const lines = [...makeLines({ ...fiveHours, count: 300 })];
  await writeLedger(stage.store, lines);
  const before = await usageOf(stage);
  // A segment and the rollups of five hours.
  for (let changes = 0; changes < 6; changes += 1) {
    const failed: unknown[] = [];
    const dying = startKeeper({ ...stage, objects: dyingObjects(stage.objects, changes) }, failed);
    await waitUntil(() => failed.length > 0, { what: `death before write ${changes}` });
    await dying.stop();
    expect(await usageOf(stage), `after ${changes} writes`).toEqual(before);
    // What comes meanwhile belongs to the next segment.
    const more = { count: 1, seed: changes, fromMs: fromMs + 6 * hourMs + changes, overMs: 1 };
    const [line] = makeLines(more);
    if (line !== undefined) lines.push(line);
  }
  await writeLedger(stage.store, lines.slice(300));
  const after = await usageOf(stage);
  startKeeper(stage);
  await untilKept(stage);
  expect(await usageOf(stage)).toEqual(after);
  expect((await segmentLines(stage)).map(({ id }) => id)).toEqual(lines.map(({ id }) => id));
});

test('a merger that dies at any write changes no figure, and its successor goes on', async () => {
  const stage = await setStage();
  await writeLedger(stage.store, makeLines({ ...fiveHours, count: 2_100 }));
  const before = { plain: await usageOf(stage), byHour: await usageOf(stage, true) };
  startKeeper(stage);
  await untilKept(stage);
  const span = { tenant: testTenant, fromMs: 0, overMs: fromMs + 30 * hourMs };
  let deaths = 0;
  for (let changes = 0; ; changes += 1) {
    const dying = { objects: dyingObjects(stage.objects, changes % 3) };
    const died = await mergeTenant(dying, span).then(
      () => false,
      () => true,
    );
    expect(await usageOf(stage), `after death ${deaths}`).toEqual(before.plain);
    expect(await usageOf(stage, true), `hours after death ${deaths}`).toEqual(before.byHour);
    if (!died) break;
    deaths += 1;
  }
  expect(deaths).toBeGreaterThan(5);
  const names = await rollupNames(stage);
  expect(names.filter((name) => name === 'batch')).toEqual([]);
  expect(names.filter((name) => name === 'hour')).toHaveLength(5);
  expect(names.filter((name) => name === 'day')).toHaveLength(2);
});

test('mergers at once make the same rollups, and a late line is merged into them', async () => {
  const stage = await setStage();
  await writeLedger(stage.store, makeLines({ ...fiveHours, count: 2_100 }));
  startKeeper(stage);
  await untilKept(stage);
  const span = { tenant: testTenant, fromMs: 0, overMs: fromMs + 30 * hourMs };
  await Promise.all([1, 2, 3].map(() => mergeTenant(stage, span)));
  const [late] = makeLines({ count: 1, seed: 4, fromMs: fromMs + hourMs, overMs: 1 });
  if (late === undefined) throw new Error('one line was asked for');
  await writeLedger(stage.store, [{ ...late, id: `${fromMs + 9 * hourMs}-0` }]);
  const before = await usageOf(stage);
  startKeeper(stage);
  await untilKept(stage);
  expect(await usageOf(stage)).toEqual(before);
  await mergeTenant(stage, span);
  expect(await usageOf(stage)).toEqual(before);
  expect((await rollupNames(stage)).toSorted()).toEqual([
    ...['day', 'day'],
    ...Array.from({ length: 5 }, () => 'hour'),
  ]);
});

test('the auditor holds entries back until it has summed them up', async () => {
  const stage = await setStage();
  const { client, keys } = stage.store;
  const shard = keys.shardOf(testTenant);
  const lines = [...makeLines({ ...fiveHours, count: 30 })];
  await client.hset(keys.ledgerMarks(shard), 'audited', lines[9]?.id ?? '');
  await writeLedger(stage.store, lines);
  const before = await usageOf(stage);
  startKeeper(stage);
  await untilKept(stage);
  const left = await client.xrange(keys.ledger(shard), '-', '+');
  expect(left.map(([id]) => id)).toEqual(lines.slice(10).map(({ id }) => id));
  expect(await usageOf(stage)).toEqual(before);
});

test('usage outlives a store that was lost', async () => {
  const stage = await setStage();
  await writeLedger(stage.store, makeLines({ ...fiveHours, count: 100 }));
  startKeeper(stage);
  await untilKept(stage);
  const before = await usageOf(stage);
  const lost = { ...stage, store: await useStore(redis().url) };
  expect(await usageOf(lost)).toEqual(before);
  const [next] = makeLines({ count: 1, seed: 8, fromMs: fromMs + 20 * hourMs, overMs: 1 });
  if (next === undefined) throw new Error('one line was asked for');
  await writeLedger(lost.store, [next]);
  const { total } = await usageOf(lost);
  expect(total.spent).toBe(before.total.spent + BigInt(next.spent));
});

/** One look at what is at the end of its time: what is older than the day of `keptFromMs` goes. */
async function retain(stage: Stage, keptFromMs: number): Promise<void> {
  const clock = createManualClock();
  const failed: unknown[] = [];
  const nowMs = Date.UTC(2020, 1, 9);
  const service = createRollupService({
    ledger: { ...stage.store.ledger, nowMs: () => Promise.resolve(nowMs) },
    objects: stage.objects,
    clock,
    events: eventsOf(failed),
    keepMs: () => nowMs - keptFromMs,
    intervalMs: 1_000,
  });
  service.start();
  await waitUntil(() => clock.pending() > 0, { what: 'the first round to end' });
  await service.stop();
  expect(failed).toEqual([]);
}

test('segments and rollups go at the end of their time, and not before', async () => {
  const stage = await setStage();
  const days = { count: 40, seed: 6, fromMs: Date.UTC(2020, 0, 1), overMs: 4 * 24 * hourMs };
  await writeLedger(stage.store, makeLines(days));
  startKeeper(stage);
  await untilKept(stage);
  await retain(stage, Date.UTC(2020, 0, 3, 12));
  const { groups } = await usageOf(stage);
  const left = groups.map(({ key }) => key[0]);
  expect([...new Set(left)]).toEqual(['2020-01-03', '2020-01-04']);
});

/** Segments of the tests' tenant, oldest first, as many as there were writes. */
async function keepInSegments(
  stage: Stage,
  count: number,
  everyMs = hourMs,
): Promise<readonly string[]> {
  for (let n = 0; n < count; n += 1) {
    const atMs = fromMs + n * everyMs;
    await writeLedger(stage.store, [...makeLines({ seed: n, fromMs: atMs, overMs: 1, count: 20 })]);
    const keeper = startKeeper(stage);
    await untilKept(stage);
    await keeper.stop();
  }
  const found = await stage.objects.list({ folder: segmentFolder, after: undefined, limit: 100 });
  return found.map(({ key }) => key);
}

test('a line that is edited, removed, or moved with its segment is found', async () => {
  const stage = await setStage();
  const shard = stage.store.keys.shardOf(testTenant);
  const verify = () => verifyLedger({ ledger: stage.store.ledger, objects: stage.objects }, shard);
  const segments = await keepInSegments(stage, 3);
  const [first = '', second = '', third = ''] = segments;
  expect(await verify()).toEqual({
    kind: 'intact',
    segments: 3,
    lines: 60,
    withoutTags: 0,
    knowsBeginning: true,
  });

  const bytes = Buffer.from((await stage.objects.get(second)) ?? []);
  const lines = bytes.toString().trimEnd().split('\n');
  const tamper = async (texts: readonly string[]) => {
    await stage.objects.put(second, Buffer.from(`${texts.join('\n')}\n`));
    return verify();
  };
  const cheaper = lines.map((line) => line.replace(/"spent":"\d+"/, '"spent":"0"'));
  const edited = [...lines.slice(0, 4), cheaper[4] ?? '', ...lines.slice(5)];
  expect(await tamper(edited)).toMatchObject({ kind: 'broken', segment: second, line: 5 });
  const removed = lines.filter((_, index) => index !== 7);
  expect(await tamper(removed)).toMatchObject({ kind: 'broken', segment: second, line: 8 });
  const swapped = [lines[1] ?? '', lines[0] ?? '', ...lines.slice(2)];
  expect(await tamper(swapped)).toMatchObject({ kind: 'broken', segment: second, line: 1 });
  const cut = lines.slice(0, -1);
  expect(await tamper(cut)).toMatchObject({ kind: 'broken', segment: second, line: 0 });
  expect((await tamper(lines)).kind).toBe('intact');

  await stage.objects.delete(first);
  expect(await verify()).toMatchObject({ kind: 'broken', segment: second, line: 1 });
  await stage.objects.delete(second);
  await stage.objects.delete(third);
  expect(await verify()).toMatchObject({ kind: 'broken', segment: '' });
});

test('what retention has taken is told from what somebody else has', async () => {
  const stage = await setStage();
  const { store, objects } = stage;
  const shard = store.keys.shardOf(testTenant);
  const verify = () => verifyLedger({ ledger: store.ledger, objects }, shard);
  const whole = { kind: 'intact', withoutTags: 0, knowsBeginning: true };
  const dayMs = 24 * hourMs;
  const [first = '', second = '', third = ''] = await keepInSegments(stage, 3, dayMs);
  const bytesOf = async (key: string) => (await objects.get(key)) ?? new Uint8Array();
  const [firstBytes, secondBytes] = await Promise.all([bytesOf(first), bytesOf(second)]);
  await retain(stage, fromMs + dayMs);
  const two = { ...whole, segments: 2, lines: 40 };
  expect(await verify()).toEqual(two);
  // One died before it was through.
  await objects.put(first, firstBytes);
  expect(await verify()).toEqual(two);
  await retain(stage, fromMs + dayMs);
  await objects.delete(second);
  expect(await verify()).toMatchObject({ kind: 'broken', segment: third, line: 1 });
  await objects.put(second, secondBytes);

  // As a store of an earlier version is.
  const forget = () => store.client.hdel(store.keys.ledgerMarks(shard), 'swept', 'swept_hash');
  await forget();
  expect(await verify()).toEqual({ ...two, knowsBeginning: false });
  await retain(stage, fromMs + dayMs);
  expect(await verify()).toEqual(two);
  await objects.delete(second);
  expect((await verify()).kind).toBe('broken');
  await retain(stage, fromMs + 4 * dayMs);
  const none = { ...whole, segments: 0, lines: 0 };
  expect(await verify()).toEqual(none);
  await forget();
  expect(await verify()).toMatchObject({ kind: 'broken', segment: '' });
  await retain(stage, fromMs + 4 * dayMs);
  expect(await verify()).toEqual(none);
});

test('a segment that retention takes while it is checked is no fault', async () => {
  const stage = await setStage();
  const { ledger, keys } = stage.store;
  const shard = keys.shardOf(testTenant);
  await keepInSegments(stage, 2, 24 * hourMs);
  const get = async (key: string) => {
    await retain(stage, fromMs + 24 * hourMs);
    return stage.objects.get(key);
  };
  expect(await verifyLedger({ ledger, objects: { ...stage.objects, get } }, shard)).toMatchObject({
    ...{ kind: 'intact', segments: 1, lines: 20, knowsBeginning: true },
  });
});

test('a segment that a keeper of another version wrote first is the one committed', async () => {
  const stage = await setStage();
  const { ledger } = stage.store;
  const shard = stage.store.keys.shardOf(testTenant);
  await writeLedger(stage.store, makeLines({ ...oneHour, count: 20 }));
  const span = await ledger.mark(shard, { linesMax: 20, olderThanMs: 0 });
  if (span === undefined) throw new Error('the lines should be marked');
  // Which knows nothing of users.
  const lines = (await ledger.read(shard, span)).map(({ user: _user, ...line }) => line);
  const other = chainLedger(span.chain, lines);
  const name = segmentName(shard, lines[0]?.id ?? '', span.last);
  await stage.objects.put(name, Buffer.from(segmentText(other)));
  startKeeper(stage);
  await untilKept(stage);
  expect(await ledger.head(shard)).toEqual({ id: span.last, hash: other.hash });
  expect(await segmentLines(stage)).toEqual(other.lines);
});

test('what stands in the place of a segment and does not follow the chain gives way', async () => {
  const stage = await setStage();
  const shard = stage.store.keys.shardOf(testTenant);
  const lines = [...makeLines({ ...oneHour, count: 20 })];
  await writeLedger(stage.store, lines);
  const name = segmentName(shard, lines[0]?.id ?? '', lines.at(-1)?.id ?? '');
  await stage.objects.put(name, Buffer.from('{"no": "line"}\n'));
  startKeeper(stage);
  await untilKept(stage);
  expect(await verifyLedger({ ledger: stage.store.ledger, objects: stage.objects }, shard)).toEqual(
    { kind: 'intact', segments: 1, lines: 20, withoutTags: 0, knowsBeginning: true },
  );
});
