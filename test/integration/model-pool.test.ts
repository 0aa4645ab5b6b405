/** A model's pool on a real Redis: when it fetches tickets, when it stands still, what it holds. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { newJobId, ticketId } from '@forebay/shared/domain/ids';
import type { Deployment, Model } from '@forebay/shared/domain/model-catalog';
import type { LaneStore } from '@forebay/shared/ports/lane-store';
import { modelQueueName } from '@forebay/shared/queue/queue-names';
import { createTicketQueues } from '@forebay/shared/queue/ticket-queues';
import { queuePrefix } from '@forebay/shared/redis/keys';
import { systemClock } from '@forebay/shared/runtime/clock';
import { createEvents } from '@forebay/shared/telemetry/events';
import { ticketOf } from '@forebay/shared/tickets/ticket-of';
import type { Assignment, ExecutionOutcome } from '@forebay/worker/execution/execute-job';
import { createModelPool, type ModelPool } from '@forebay/worker/pool/model-pool';
import type { WorkerEventFields, WorkerEvents } from '@forebay/worker/worker-events';
import { expect, onTestFinished, test } from 'vitest';
import { quickBreaker } from '../conformance/lane-calls.ts';
import { useRedis } from '../support/redis.ts';
import { sampleDeployment, sampleModel } from '../support/sample-catalog.ts';
import { sampleRecord } from '../support/sample-record.ts';
import { type TestStore, useStore } from '../support/store.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();

const answered: ExecutionOutcome = {
  kind: 'succeeded',
  label: 'succeeded',
};

interface Scene {
  readonly store: TestStore;
  readonly pool: ModelPool;
  readonly deployment: Deployment;
  readonly denied: number[];
  readonly started: Assignment[];
  readonly holds: number[];
  readonly failures: string[];
  /** Ends the oldest running call. */
  endOne(outcome?: ExecutionOutcome): void;
  add(count: number, deadlineInMs?: number): Promise<void>;
}

type Seen = Pick<Scene, 'denied' | 'started' | 'holds' | 'failures'>;

function listen(seen: Seen): WorkerEvents {
  const events = createEvents<WorkerEventFields>((_, error) => {
    throw error;
  });
  events.on('permit.denied', ({ retryInMs }) => seen.denied.push(retryInMs));
  events.on('loop.failed', ({ loop }) => seen.failures.push(loop));
  return events;
}

/** The pool's calls run until the test ends them; its lanes may be changed by the test. */
async function setScene(
  limits: Partial<Deployment>,
  lanesOf: (lanes: LaneStore) => LaneStore = (lanes) => lanes,
): Promise<Scene> {
  const store = await useStore(redis().url);
  const { namespace } = store;
  const deployment = sampleDeployment({ id: 'alpha/main', ...limits });
  const model: Model = sampleModel('alpha', { deployments: [deployment] });
  const seen: Seen = { denied: [], started: [], holds: [], failures: [] };
  const running: ((outcome: ExecutionOutcome) => void)[] = [];
  let isOver = false;
  const lanes = lanesOf(store.lanes);
  const pool = createModelPool(
    {
      lanes: {
        ...lanes,
        acquire(request) {
          seen.holds.push(request.holdMs);
          return lanes.acquire(request);
        },
      },
      execute: (assignment) => {
        seen.started.push(assignment);
        // A permit may have been on its way when the test ended.
        if (isOver) return Promise.resolve(answered);
        return new Promise((resolve) => running.push(resolve));
      },
      deploymentsNow: () => [deployment],
      findModel: () => model,
      clock: systemClock,
      serverNowMs: () => store.jobs.nowMs(),
      events: listen(seen),
      giveUp: new AbortController().signal,
      connection: await store.connect('pool'),
      namespace,
      workerName: 'w1',
      holder: 'w1',
      permitSlackMs: 1_000,
      isHealthy: () => true,
    },
    model,
  );
  onTestFinished(async () => {
    isOver = true;
    const draining = pool.drain();
    for (const end of running) end(answered);
    await draining;
  });
  pool.start();
  const endOne = (outcome = answered): void => running.shift()?.(outcome);
  return { ...seen, store, pool, deployment, endOne, add: addTo(store) };
}

/** Adds tickets to alpha's queue. */
function addTo(store: TestStore): Scene['add'] {
  const queue = createTicketQueues({
    client: store.client,
    namespace: store.namespace,
    clock: systemClock,
    onError: (error) => expect(error).toBeUndefined(),
  });
  onTestFinished(() => queue.close());
  return async (count, deadlineInMs = 3_600_000) => {
    for (let n = 0; n < count; n += 1) {
      const deadlineAtMs = Date.now() + deadlineInMs;
      const ticket = { ...ticketOf(sampleRecord({ deadlineAtMs })), fence: 1 };
      await queue.add(ticket, { guaranteed: false, delayMs: 0, replaceEnded: false });
    }
  };
}

const within = (what: string) => ({ what, timeoutMs: 8_000 });

/** The times from which denied tickets may be fetched again, the soonest first. */
async function delayedUntilMs({ client, namespace }: TestStore): Promise<number[]> {
  const name = modelQueueName('alpha');
  const key = `${queuePrefix(namespace, name)}:${name}:delayed`;
  const scores = await client.zrange(key, '0', '-1', 'WITHSCORES');
  // BullMQ keeps the time in front of twelve bits of a counter.
  return scores.filter((_, at) => at % 2 === 1).map((score) => Math.floor(Number(score) / 4_096));
}

test('a lane that comes free before the time it named is taken up within a second', async () => {
  const scene = await setScene({ concurrency: 4, breaker: quickBreaker });
  const order = { deployment: scene.deployment, by: 'key:ops', why: undefined };
  await scene.store.lanes.setBreaker('alpha', { ...order, state: 'open', forMs: 3_600_000 });
  await scene.add(3);
  await waitUntil(
    async () => (await delayedUntilMs(scene.store)).length === 3,
    within('three refused tickets'),
  );
  expect(Math.min(...scene.denied)).toBeGreaterThan(3_500_000);
  // One of them looks for all; the others come somewhat later.
  const [soonest = 0, ...others] = await delayedUntilMs(scene.store);
  expect(soonest - Date.now()).toBeLessThanOrEqual(1_000);
  for (const other of others) expect(other - soonest).toBeLessThanOrEqual(6_500);
  expect((others.at(-1) ?? 0) - soonest).toBeGreaterThan(2_000);

  await scene.store.lanes.setBreaker('alpha', { ...order, state: 'closed', forMs: 0 });
  await waitUntil(() => scene.started.length > 0, within('a look'));
});

test('a paused lane is left alone until the time it named, then its tickets run', async () => {
  const scene = await setScene({ concurrency: 4 });
  // At once, so that on a busy machine, too, the first is refused before the pause ends.
  await Promise.all([
    scene.store.lanes.pause('alpha', scene.deployment.id, 900),
    scene.add(40),
    waitUntil(() => scene.denied.length > 0, within('a first refusal')),
  ]);
  await waitUntil(() => scene.started.length === 4, within('four calls'));
  // The first refusal stops the fetching; what its places had fetched by then is refused too.
  expect(scene.denied.length).toBeLessThanOrEqual(4);
  // The rest of the pause, and not the time after which a full lane is asked again.
  for (const retryInMs of scene.denied) expect(retryInMs).not.toBe(100);
});

test('a pool that stands still looks again when one of its own calls ends', async () => {
  // One request a minute: the second ticket is refused for most of a minute.
  const scene = await setScene({ concurrency: 4, rpm: 1, rpmBurst: 1 });
  await scene.add(40);
  await waitUntil(
    () => scene.denied.length > 0 && scene.pool.running() === 1,
    within('the pool to stand still'),
  );
  expect(scene.started).toHaveLength(1);
  const before = scene.denied.length;
  expect(before).toBeLessThanOrEqual(4);
  scene.endOne();
  await waitUntil(() => scene.denied.length > before, within('a second look'));
  await waitUntil(() => scene.pool.running() === 0, within('the pool to stand still again'));
  expect(scene.denied.length).toBeLessThanOrEqual(before + 4);
  expect(scene.started).toHaveLength(1);
});

test('a ticket whose job is not called spends nothing of the rate', async () => {
  const scene = await setScene({ concurrency: 1, rpm: 1, rpmBurst: 1 });
  await scene.add(3);
  for (const count of [1, 2, 3]) {
    await waitUntil(() => scene.started.length === count, within(`ticket ${count}`));
    scene.endOne({ kind: 'stale', label: 'held' });
  }
});

test('a lane that other processes fill is asked about ten times a second, not more', async () => {
  const scene = await setScene({ concurrency: 2 });
  const deployments = [scene.deployment];
  const other = { model: 'alpha', holder: 'other', deployments, tokens: 1, holdMs: 2_000 };
  for (const fence of [1, 2]) {
    await scene.store.lanes.acquire({ ...other, ticket: ticketId(newJobId(), fence) });
  }
  await scene.add(40);
  await waitUntil(() => scene.started.length === 2, within('the other permits to run out'));
  // Two seconds at one look each 100 ms, and what was under way at each.
  expect(scene.denied.length).toBeLessThanOrEqual(50);
});

test('the pool goes on through many stops and starts', async () => {
  const scene = await setScene({ concurrency: 1 });
  await scene.add(20);
  for (let ended = 0; ended < 20; ended += 1) {
    await waitUntil(() => scene.started.length > ended, within(`call ${ended + 1}`));
    // Every lane is full at this moment, for the shortest time there is.
    await scene.store.lanes.pause('alpha', scene.deployment.id, 1 + ended);
    scene.endOne();
  }
});

test('a permit that cannot be given back at once is given back later', async () => {
  let failing = 3;
  const scene = await setScene({ concurrency: 1 }, (lanes) => ({
    ...lanes,
    async release(permit) {
      failing -= 1;
      if (failing >= 0) throw new ForebayError('store_unavailable', 'away');
      await lanes.release(permit);
    },
  }));
  await scene.add(2);
  await waitUntil(() => scene.started.length === 1, within('the first call'));
  scene.endOne();
  // With one place in the lane, the second call starts only if the first permit came back.
  await waitUntil(() => scene.started.length === 2, within('the second call'));
  expect(scene.failures).toEqual([]);
});

test('a permit counts until the deadline of its job, where that comes first', async () => {
  const scene = await setScene({ concurrency: 2 });
  await scene.add(1, 30_000);
  await scene.add(1);
  await waitUntil(() => scene.holds.length === 2, within('two permits'));
  const [near = 0, far = 0] = [...scene.holds].sort((a, b) => a - b);
  expect(near).toBeGreaterThan(20_000);
  expect(near).toBeLessThanOrEqual(31_000);
  expect(far).toBe(601_000);
});
