/** A provider asks for a pause; two workers on one store, each with connections of its own. */
import { newJobId, ticketId } from '@forebay/shared/domain/ids';
import { isRecord, type JobRecord } from '@forebay/shared/domain/job';
import type { Model } from '@forebay/shared/domain/model-catalog';
import { createPayloadVault } from '@forebay/shared/payloads/payload-vault';
import { createTicketQueues } from '@forebay/shared/queue/ticket-queues';
import { systemClock } from '@forebay/shared/runtime/clock';
import { createPlainSeal } from '@forebay/shared/storage/plain-seal';
import { createEvents } from '@forebay/shared/telemetry/events';
import { placeTicket } from '@forebay/shared/tickets/place-ticket';
import { ticketOf } from '@forebay/shared/tickets/ticket-of';
import { type ExecuteJobDeps, executeJob } from '@forebay/worker/execution/execute-job';
import { createModelPool } from '@forebay/worker/pool/model-pool';
import { createProviderClient } from '@forebay/worker/providers/provider-client';
import {
  answer,
  type ScriptedServer,
  startScriptedServer,
} from '@forebay/worker/providers/testing/scripted-server';
import type { WorkerEventFields } from '@forebay/worker/worker-events';
import { expect, onTestFinished, test } from 'vitest';
import { freshNamespace, useRedis } from '../support/redis.ts';
import { sampleCatalog, sampleDeployment, sampleModel } from '../support/sample-catalog.ts';
import { candidateFor, newJob, planFor, type TestStore, useStore } from '../support/store.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const worstCase = 100_000_000n;
const objects = {
  put: () => Promise.reject(new Error('this test stores nothing outside')),
  get: () => Promise.resolve(undefined),
  delete: () => Promise.resolve(),
};
const vault = createPayloadVault({ seal: createPlainSeal(), objects });

/** A worker for one model. @returns how long it was told to wait, each time it got no permit. */
async function startWorker(store: TestStore, name: string, model: Model): Promise<number[]> {
  const denied: number[] = [];
  const events = createEvents<WorkerEventFields>((_, error) => {
    throw error;
  });
  events.on('permit.denied', ({ retryInMs }) => denied.push(retryInMs));
  const never = new AbortController().signal;
  const provider = createProviderClient({ clock: systemClock, resolveKey: () => undefined });
  const deps: ExecuteJobDeps = {
    ...{ jobs: store.jobs, deltas: store.deltas, lanes: store.lanes, wakeUps: store.wakeUps },
    ...{ clock: systemClock, events, vault, provider, workerName: name, role: 'worker' },
    queue: queueOf(store),
    catalog: () => sampleCatalog([model]),
    live: { snapshot: () => ({ takenAtMs: 0, models: new Map() }) },
    ...{ brownout: { reasonFor: () => undefined }, quality: { of: () => () => undefined } },
    ...{ giveUp: never, handBack: never, lease: { leaseMs: 15_000, renewalMs: 5_000 } },
    answers: {
      keep: () => Promise.reject(new Error('nothing is answered here')),
      replay: () => Promise.resolve(0),
    },
  };
  const pool = createModelPool(
    {
      ...{ lanes: store.lanes, clock: systemClock, events, giveUp: never },
      ...{ workerName: name, holder: name },
      execute: (assignment) => executeJob(deps, assignment),
      deploymentsNow: () => model.deployments,
      findModel: () => model,
      serverNowMs: () => store.jobs.nowMs(),
      connection: await store.connect('pool'),
      namespace: store.namespace,
      permitSlackMs: 1_000,
      isHealthy: () => true,
    },
    model,
  );
  pool.start();
  onTestFinished(async () => {
    await pool.drain();
    await provider.close();
  });
  return denied;
}

function queueOf(store: TestStore) {
  const { client, namespace } = store;
  const onError = (error: unknown) => expect(error).toBeUndefined();
  const queue = createTicketQueues({ client, namespace, clock: systemClock, onError });
  onTestFinished(() => queue.close());
  return queue;
}

async function submit(store: TestStore, model: Model): Promise<JobRecord> {
  const plain = newJob();
  const context = { tenant: plain.tenant, job: plain.id, field: 'payload' } as const;
  const admitted = await store.jobs.admit({
    ...plain,
    plan: planFor(candidateFor('alpha', worstCase)),
    ...{ ceiling: worstCase, reservation: worstCase },
    sealedPayload: await vault.pack(context, { messages: [] }),
  });
  if (admitted.kind !== 'admitted') throw new Error(`the job was not admitted: ${admitted.kind}`);
  const placement = { lanes: store.lanes, queue: queueOf(store), findModel: () => model };
  await placeTicket(placement, ticketOf(admitted.record), { delayMs: 0 });
  return admitted.record;
}

async function startProvider(retryAfterSeconds: number): Promise<ScriptedServer> {
  const error = { code: 'rate_limit_exceeded', message: 'slow down' };
  const headers = { 'retry-after': String(retryAfterSeconds) };
  const server = await startScriptedServer(answer({ status: 429, headers, body: { error } }));
  onTestFinished(() => server.close());
  return server;
}

test('a pause of 30 s stops the calls of every worker, and no shorter one ends it', async () => {
  const server = await startProvider(30);
  const namespace = freshNamespace();
  const stores = [
    await useStore(redis().url, { namespace }),
    await useStore(redis().url, { namespace }),
  ] as const;
  const plain = sampleDeployment({ id: 'alpha/main', concurrency: 1 });
  const provider = { ...plain.provider, baseUrl: server.baseUrl };
  const deployment = { ...plain, provider };
  const model = sampleModel('alpha', { deployments: [deployment] });
  const [first] = stores;
  const jobs: JobRecord[] = [];
  for (let n = 0; n < 6; n += 1) jobs.push(await submit(first, model));
  const denied = await Promise.all(
    stores.map((store, index) => startWorker(store, `w${index}`, model)),
  );

  const refusals = () => denied.map((waits) => waits.filter((waitMs) => waitMs > 25_000).length);
  await waitUntil(() => refusals().every((count) => count > 0), {
    what: 'both workers to hear of the pause',
    timeoutMs: 10_000,
  });
  // One place: whoever had it made the only call, and the next look found the pause.
  expect(server.requests).toHaveLength(1);

  await first.lanes.pause('alpha', deployment.id, 1_000);
  const ask = (holder: string) =>
    first.lanes.acquire({
      ...{ model: 'alpha', ticket: ticketId(newJobId(), 1), holder },
      ...{ deployments: [deployment], tokens: 1, holdMs: 1_000 },
    });
  expect(await ask('early')).toMatchObject({ kind: 'denied', scarce: 'paused' });
  const records = await Promise.all(jobs.map((job) => first.jobs.read(job)));
  const retrying = records.filter(isRecord).filter(({ attempts }) => attempts.length > 0);
  expect(retrying).toMatchObject([
    {
      state: 'queued',
      statusReason: {
        code: 'retrying',
        text: expect.stringMatching(/\(429\), attempt 2 of 4; waiting: every candidate is paused/),
      },
    },
  ]);

  for (const store of stores) store.advance(31_000);
  expect(await ask('late')).toMatchObject({ kind: 'granted' });
  expect(server.requests).toHaveLength(1);
});
