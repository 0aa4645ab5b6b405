/** Jobs that wait behind open breakers or pauses, on a real store: how many dispatchers move. */
import type { LiveSnapshot } from '@forebay/shared/domain/route-plan';
import { createTicketQueues } from '@forebay/shared/queue/ticket-queues';
import { opensAtMs } from '@forebay/shared/routing/lane-recovery';
import { systemClock } from '@forebay/shared/runtime/clock';
import { createEvents } from '@forebay/shared/telemetry/events';
import { ticketOf } from '@forebay/shared/tickets/ticket-of';
import { createClosedLaneReplanner } from '@forebay/worker/dispatch/closed-lanes';
import type { WorkerEventFields } from '@forebay/worker/worker-events';
import { expect, onTestFinished, test } from 'vitest';
import { mustRead } from '../conformance/job-calls.ts';
import { bad, laneOf, quickBreaker } from '../conformance/lane-calls.ts';
import { useRedis } from '../support/redis.ts';
import {
  sampleCatalog,
  sampleDeployment,
  sampleLive,
  sampleModel,
} from '../support/sample-catalog.ts';
import { candidateFor, newJob, plainSpec, planFor, useStore } from '../support/store.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();

const breaker = { ...quickBreaker, openMs: 40_000, openMsMax: 40_000 };
const alpha = sampleDeployment({ id: 'alpha/main', concurrency: 2, breaker });
const spare = sampleDeployment({ id: 'spare/main', concurrency: 2 });
const catalog = sampleCatalog([
  sampleModel('alpha', { deployments: [alpha] }),
  sampleModel('spare', { deployments: [spare] }),
]);

/** What one attempt costs at most: with the catalogue's prices, so that a new plan agrees. */
const worst = 4_050_000n;
/** More than a page, so that each dispatcher looks at others of them. */
const jobCount = 90;

type Rest = 'breaker' | 'pause';

async function setScene(rest: Rest) {
  const store = await useStore(redis().url);
  const failures: unknown[] = [];
  const events = createEvents<WorkerEventFields>((_, error) => failures.push(error));
  events.on('loop.failed', ({ error }) => failures.push(error));
  const queue = createTicketQueues({
    ...{ client: store.client, namespace: store.namespace, clock: systemClock },
    onError: (error) => failures.push(error),
  });
  onTestFinished(() => queue.close());
  const jobs = Array.from({ length: jobCount }, () =>
    newJob({
      spec: { ...plainSpec, requested: 'alpha,spare', models: ['alpha', 'spare'] },
      plan: planFor(candidateFor('alpha', worst), candidateFor('spare', worst)),
      ...{ ceiling: 10n * worst, reservation: worst },
    }),
  );
  for (const job of jobs) {
    await store.jobs.admit(job);
    await store.lanes.offer('alpha', [ticketOf(await mustRead(store.jobs, job))], 2);
  }
  await store.lanes.heartbeat('alpha', 'w1');
  const lane = laneOf(store, [alpha]);
  if (rest === 'pause') await store.lanes.pause('alpha', alpha.id, breaker.openMs);
  else for (let n = 0; n < breaker.failures; n += 1) await lane.call(bad);
  // Read once: all dispatchers go by the same figures, and none sees what the others do.
  const live: LiveSnapshot = {
    takenAtMs: await store.jobs.nowMs(),
    models: new Map([
      ['alpha', await store.lanes.live('alpha', [alpha])],
      ['spare', sampleLive({ serviceMs: 4_000, concurrency: 2 })],
    ]),
  };
  const newDispatcher = () =>
    createClosedLaneReplanner({
      ...{ jobs: store.jobs, lanes: store.lanes, queue, events, role: 'dispatcher' },
      ...{ clock: systemClock, giveUp: new AbortController().signal },
      ...{ catalog: () => catalog, live: { snapshot: () => live } },
      ...{ brownout: { reasonFor: () => undefined }, quality: { of: () => () => undefined } },
      ...{ removedModels: () => new Set<string>(), leaseMs: 200, sweepIntervalMs: 10 },
    });
  const countMoved = async (): Promise<number> => {
    const records = await Promise.all(jobs.map((job) => mustRead(store.jobs, job)));
    return records.filter(({ model }) => model === 'spare').length;
  };
  const leftMs = async (): Promise<number> => {
    const nowMs = await store.jobs.nowMs();
    return (opensAtMs(live.models.get('alpha'), nowMs) ?? nowMs) - nowMs;
  };
  return { failures, newDispatcher, countMoved, leftMs };
}

test.each<Rest>(['breaker', 'pause'])(
  'dispatchers together move no more jobs than begin before the %s ends',
  async (rest) => {
    const { failures, newDispatcher, countMoved, leftMs } = await setScene(rest);
    const dispatchers = [newDispatcher(), newDispatcher(), newDispatcher()];
    for (const dispatcher of dispatchers) dispatcher.start();
    await waitUntil(async () => (await countMoved()) > 0, { what: 'a move', timeoutMs: 10_000 });
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.stop()));
    expect(failures).toEqual([]);
    // Two at a time, four seconds each, for the nearly forty seconds until then; three times as
    // many if each went by its figures alone. A slow machine has less time left.
    const moved = await countMoved();
    expect(moved).toBeGreaterThanOrEqual(Math.floor((await leftMs()) / 4_000));
    expect(moved).toBeLessThanOrEqual(22);
  },
);
