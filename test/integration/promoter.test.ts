/** Jobs that wait too long on a real store: which are moved, how many, and by whom. */
import { ticketId } from '@forebay/shared/domain/ids';
import type { PromotionSettings } from '@forebay/shared/domain/promotion';
import type { LiveSnapshot, ModelLive } from '@forebay/shared/domain/route-plan';
import type { NewJob } from '@forebay/shared/ports/job-store';
import { createTicketQueues } from '@forebay/shared/queue/ticket-queues';
import { systemClock } from '@forebay/shared/runtime/clock';
import { createEvents } from '@forebay/shared/telemetry/events';
import { ticketOf } from '@forebay/shared/tickets/ticket-of';
import { createPromoter } from '@forebay/worker/dispatch/promoter';
import type { WorkerEventFields } from '@forebay/worker/worker-events';
import { expect, onTestFinished, test } from 'vitest';
import { mustRead } from '../conformance/job-calls.ts';
import { useRedis } from '../support/redis.ts';
import {
  sampleCatalog,
  sampleDeployment,
  sampleLive,
  sampleModel,
} from '../support/sample-catalog.ts';
import {
  candidateFor,
  newJob,
  plainSpec,
  planFor,
  testTenant,
  useStore,
} from '../support/store.ts';
import { budgetOf } from '../support/terms.ts';

const redis = useRedis();

const spareConcurrency = 3;
const models = [
  sampleModel('alpha', { deployments: [sampleDeployment({ id: 'alpha/main', concurrency: 2 })] }),
  sampleModel('spare', {
    deployments: [sampleDeployment({ id: 'spare/main', concurrency: spareConcurrency })],
  }),
];
const settings: PromotionSettings = {
  limits: { urgent: 2_000, high: 10_000, normal: 'deadline', low: 'off' },
  toFallbacks: false,
};

/** What one attempt costs at most: with the catalogue's prices, so that a new plan agrees. */
const worst = 4_050_000n;
const ceiling = 10n * worst;

interface Moves {
  readonly premium: bigint[];
  readonly failures: unknown[];
}

async function setScene() {
  const store = await useStore(redis().url);
  const seen: Moves = { premium: [], failures: [] };
  const events = createEvents<WorkerEventFields>((_, error) => seen.failures.push(error));
  events.on('job.promoted', ({ premiumNanoUsd }) => seen.premium.push(premiumNanoUsd));
  events.on('loop.failed', ({ error }) => seen.failures.push(error));
  const queue = createTicketQueues({
    ...{ client: store.client, namespace: store.namespace, clock: systemClock },
    onError: (error) => seen.failures.push(error),
  });
  onTestFinished(() => queue.close());
  const lanes: Record<string, Partial<ModelLive>> = {
    alpha: { serviceMs: 30_000, concurrency: 2, running: 2 },
    spare: { concurrency: spareConcurrency },
  };
  const snapshot = (): LiveSnapshot => ({
    takenAtMs: Date.now(),
    models: new Map(Object.entries(lanes).map(([name, each]) => [name, sampleLive(each)])),
  });
  const newPromoter = () =>
    createPromoter({
      ...{ jobs: store.jobs, lanes: store.lanes, queue, events, role: 'dispatcher' },
      ...{ clock: systemClock, giveUp: new AbortController().signal },
      catalog: () => sampleCatalog(models),
      live: { snapshot },
      ...{ brownout: { reasonFor: () => undefined }, quality: { of: () => () => undefined } },
      settings: () => settings,
    });
  const own = newPromoter();
  /** Exactly one round: a service that is stopped ends the round it is in. */
  const round = async (promoter = own): Promise<void> => {
    promoter.start();
    await promoter.stop();
  };
  /** Jobs that wait for alpha, the first two of them in its window. */
  const wait = async (count: number, changes: Partial<NewJob> = {}): Promise<readonly NewJob[]> => {
    const jobs = Array.from({ length: count }, () =>
      newJob({
        spec: { ...plainSpec, requested: 'alpha,spare', models: ['alpha', 'spare'] },
        plan: planFor(candidateFor('alpha', worst), candidateFor('spare', worst)),
        ...{ priority: 0, ceiling, reservation: worst },
        ...changes,
      }),
    ).toSorted((left, right) => (left.id < right.id ? -1 : 1));
    for (const job of jobs) {
      await store.jobs.admit(job);
      await store.lanes.offer('alpha', [ticketOf(await mustRead(store.jobs, job))], 2);
    }
    lanes['alpha'] = { ...lanes['alpha'], waiting: count, waitingByClass: { urgent: count } };
    return jobs;
  };
  const modelsOf = (jobs: readonly NewJob[]) =>
    Promise.all(jobs.map(async (job) => (await mustRead(store.jobs, job)).model));
  return { store, seen, lanes, newPromoter, round, wait, modelsOf };
}

test('the oldest jobs take the free places, out of window and backlog, and no more', async () => {
  const { store, seen, round, wait, modelsOf } = await setScene();
  const jobs = await wait(5);
  await round();
  expect(seen.failures).toEqual([]);
  expect(await modelsOf(jobs)).toEqual(['spare', 'spare', 'spare', 'alpha', 'alpha']);
  const [first] = jobs;
  if (first === undefined) throw new Error('there are five');
  const record = await mustRead(store.jobs, first);
  expect(record).toMatchObject({
    state: 'queued',
    fence: 2,
    statusReason: { code: 'promoted', text: expect.stringContaining('to wait on alpha') },
    promotion: { from: 'alpha', to: 'spare', savedMs: 10_000 },
  });
  expect(seen.premium).toHaveLength(spareConcurrency);
  const { lines } = await store.ledger.tail(store.keys.shardOf(testTenant), 10);
  const told = { model: 'alpha', next: 'spare', cause: 'promoted', premium: expect.any(String) };
  expect(lines).toMatchObject([told, told, told]);
  expect(await store.lanes.place('alpha', ticketId(first.id, 1))).toMatchObject({ place: 'none' });
  expect(await store.lanes.place('spare', ticketId(first.id, 2))).toMatchObject({
    place: 'window',
  });
  await round();
  expect(await modelsOf(jobs)).toEqual(['spare', 'spare', 'spare', 'alpha', 'alpha']);
});

test('three dispatchers at once move each job once, and no more than fit', async () => {
  const { store, seen, newPromoter, round, wait, modelsOf } = await setScene();
  const jobs = await wait(8);
  await Promise.all([newPromoter(), newPromoter(), newPromoter()].map(round));
  expect(seen.failures).toEqual([]);
  const moved = (await modelsOf(jobs)).filter((model) => model === 'spare');
  expect(moved.length).toBeLessThanOrEqual(spareConcurrency);
  expect(moved.length).toBeGreaterThan(0);
  expect(seen.premium).toHaveLength(moved.length);
  for (const job of jobs) expect((await mustRead(store.jobs, job)).fence).toBeLessThanOrEqual(2);
});

test('a job that was moved does not move again', async () => {
  const { lanes, round, wait, modelsOf } = await setScene();
  const jobs = await wait(2);
  await round();
  expect(await modelsOf(jobs)).toEqual(['spare', 'spare']);
  const waitingByClass = { urgent: 2 };
  lanes['spare'] = { serviceMs: 60_000, concurrency: 1, running: 1, waiting: 2, waitingByClass };
  lanes['alpha'] = { concurrency: 2 };
  await round();
  expect(await modelsOf(jobs)).toEqual(['spare', 'spare']);
});

test('a job that a budget has no room for elsewhere stays, and goes on waiting', async () => {
  const { store, seen, round, wait } = await setScene();
  const [job] = await wait(1, { reservation: worst / 2n });
  if (job === undefined) throw new Error('there is one');
  const budgets = [budgetOf(worst - 1n)];
  await store.terms.edit(testTenant, (terms) => ({ ...terms, budgets }));
  await round();
  expect(seen.failures).toEqual([]);
  expect(await mustRead(store.jobs, job)).toMatchObject({
    ...{ state: 'queued', model: 'alpha', fence: 1 },
    money: { reserved: worst / 2n },
  });
});

test('jobs that must stay do not hide those behind them', async () => {
  const { round, wait, modelsOf } = await setScene();
  await wait(110, { spec: plainSpec });
  const behind = await wait(2);
  await round();
  expect(await modelsOf(behind)).toEqual(['alpha', 'alpha']);
  await round();
  expect(await modelsOf(behind)).toEqual(['spare', 'spare']);
});
