import type { JobRecord } from '@forebay/shared/domain/job';
import type { DueJob, FeedResult, JobStore, SettleRequest } from '@forebay/shared/ports/job-store';
import type { LaneStore } from '@forebay/shared/ports/lane-store';
import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import { createEvents } from '@forebay/shared/telemetry/events';
import { expect, onTestFinished, test } from 'vitest';
import { sampleCatalog, sampleModel } from '../../../../test/support/sample-catalog.ts';
import { sampleAttempt, sampleRecord } from '../../../../test/support/sample-record.ts';
import type { WorkerEventFields } from '../worker-events.ts';
import { createDueSweeper } from './due-sweeper.ts';

const leaseMs = 15_000;
const serverStartMs = 1_000_500;

function unused(): never {
  throw new Error('this test should not get here');
}

/** Jobs whose workers are gone for the second time: each ends with one settlement. */
function lostJobs(count: number): readonly JobRecord[] {
  return Array.from({ length: count }, () =>
    sampleRecord({
      state: 'running',
      fence: 2,
      leaseUntilMs: serverStartMs - 1,
      workerDeaths: 1,
      attempts: [sampleAttempt('alpha')],
    }),
  );
}

const lanes: LaneStore = {
  ...{ offer: unused, take: unused, withdraw: unused, place: unused, listStaleWindow: unused },
  ...{ listWaiting: unused, acquire: unused, release: unused, exchange: unused },
  ...{ listClass: unused, keepPlaces: unused, releasePlaces: unused, setBreaker: unused },
  ...{ pause: unused, stop: unused, hold: unused, heartbeat: unused, live: unused },
};

function leaveAsItIs(fed: string[], id: string): FeedResult {
  fed.push(id);
  // A sweep without end would leave no test to fail.
  if (fed.length > 10_000) throw new Error('fed without end');
  return { kind: 'conflict', state: 'queued', fence: 9 };
}

interface Setup {
  readonly jobs: readonly JobRecord[];
  /** How long the store takes for each read. */
  readonly readMs?: number;
}

function sweep(options: Setup) {
  const clock = createManualClock();
  const events = createEvents<WorkerEventFields>((_event, error) => {
    throw error;
  });
  const failures: unknown[] = [];
  events.on('loop.failed', ({ error }) => failures.push(error));
  const left = new Map(options.jobs.map((record) => [record.id, record]));
  const dueAt = new Map(options.jobs.map(({ id }, index) => [id, serverStartMs - 10_000 + index]));
  const settled: string[] = [];
  const postponed: number[] = [];
  const fed: string[] = [];
  const nowMs = (): number => serverStartMs + clock.monotonicMs();
  const store = { away: false };
  const jobs: JobStore = {
    ...{ admit: unused, admitGroup: unused, list: unused, readMany: unused, claim: unused },
    ...{ readPayload: unused, readResult: unused, renew: unused, change: unused },
    ...{ reassign: unused, cancel: unused, hasten: unused, delete: unused, limitBatch: unused },
    shardCount: 1,
    async nowMs() {
      if (store.away) throw new Error('away');
      return nowMs();
    },
    listDue: async (_, limit) =>
      [...left.values()]
        .map(({ id, tenant }): DueJob => ({ id, tenant, dueAtMs: dueAt.get(id) ?? 0 }))
        .filter(({ dueAtMs }) => dueAtMs <= nowMs())
        .sort((a, b) => a.dueAtMs - b.dueAtMs)
        .slice(0, limit),
    feed: async ({ id }) => leaveAsItIs(fed, id),
    async read(ref) {
      const { readMs } = options;
      if (readMs !== undefined) {
        await new Promise<void>((resolve) => clock.schedule(readMs, resolve));
      }
      return left.get(ref.id);
    },
    async settle(request: SettleRequest) {
      settled.push(request.error?.code ?? 'none');
      left.delete(request.id);
      return { kind: 'settled', state: 'failed', byThis: true };
    },
    forget: unused,
    async postpone({ id }, dueAtMs) {
      postponed.push(dueAtMs);
      dueAt.set(id, dueAtMs);
    },
  };
  const service = createDueSweeper({
    jobs,
    lanes,
    queue: { add: unused, addMany: unused, find: unused, remove: unused, close: unused },
    catalog: () => sampleCatalog([sampleModel('alpha')]),
    live: { snapshot: () => ({ takenAtMs: 0, models: new Map() }) },
    ...{ brownout: { reasonFor: () => undefined }, quality: { of: () => () => undefined } },
    ...{ clock, events, giveUp: new AbortController().signal, role: 'dispatcher' },
    removedModels: () => new Set(),
    ...{ leaseMs, sweepIntervalMs: 1_000, ticketCheckMs: 10_000 },
  });
  onTestFinished(async () => {
    const stopped = service.stop();
    await clock.advance(60_000);
    await stopped;
  });
  service.start();
  return { clock, settled, postponed, left, store, failures, fed, dueAt, nowMs };
}

test('jobs that no check moves stop neither those behind them nor the pauses', async () => {
  const inLine = { kind: 'paused' } as const;
  const stuck = Array.from({ length: 150 }, () => sampleRecord({ waitsFor: inLine }));
  const late = sampleRecord({ state: 'scheduled', deadlineAtMs: serverStartMs - 1 });
  const { clock, settled, fed, dueAt, nowMs, failures } = sweep({ jobs: [...stuck, late] });
  await clock.advance(500);
  expect(settled).toEqual(['deadline_exceeded']);
  expect(fed).toHaveLength(150);
  expect(stuck.filter(({ id }) => (dueAt.get(id) ?? 0) <= nowMs())).toEqual([]);
  expect(failures).toEqual([]);
});

test('a lease that has ended is judged one lease after the start, not before (S7)', async () => {
  const { clock, settled, postponed } = sweep({ jobs: lostJobs(1) });
  await clock.advance(leaseMs - 1_000);
  expect(settled).toEqual([]);
  expect(postponed[0]).toBe(serverStartMs + leaseMs);
  await clock.advance(2_000);
  expect(settled).toEqual(['quarantined']);
});

test('leases are judged also when a sweep takes longer than half a lease', async () => {
  // Ten batches of three seconds each.
  const { clock, settled, left } = sweep({ jobs: lostJobs(160), readMs: 3_000 });
  await clock.advance(leaseMs + 40_000);
  expect(left.size).toBe(0);
  expect(settled).toHaveLength(160);
});

test('after an outage there is a lease of grace again', async () => {
  const { clock, settled, store, failures } = sweep({ jobs: lostJobs(1) });
  store.away = true;
  await clock.advance(60_000);
  expect(failures.length).toBeGreaterThan(50);
  store.away = false;
  await clock.advance(leaseMs);
  expect(settled).toEqual([]);
  await clock.advance(2_000);
  expect(settled).toEqual(['quarantined']);
});
