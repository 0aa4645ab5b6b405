/**
 * Everything dies at once, Redis included, and comes back in some order (F5, F6); or every BullMQ
 * queue is wiped under load. All acknowledged jobs end, because the records are the truth.
 */
import { modelQueueName } from '@forebay/shared/queue/queue-names';
import { openModelQueue } from '@forebay/shared/queue/ticket-queues';
import { describe, expect, it } from 'vitest';
import { expectAuditAgrees } from '../support/audit-money.ts';
import { startForebay, type TestForebay } from '../support/forebay.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { useRedis } from '../support/redis.ts';
import { useStore } from '../support/store.ts';
import { twoModels, twoModelsScenario } from '../support/two-models.ts';
import { expectMoneyHolds, expectOneEventEach, readAllEnded } from '../support/verdict.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis({ appendfsync: 'always' });

async function start(): Promise<TestForebay> {
  return startForebay({
    redisUrl: redis().url,
    // Few places, so that most jobs wait when everything dies.
    config: twoModels
      .replaceAll('concurrency: 20', 'concurrency: 3')
      // A dead worker's permits count until its calls must be over.
      .replaceAll('total: 20s', 'total: 6s'),
    scenario: `${twoModelsScenario}default:\n  latency_ms: 60\n`,
  });
}

async function submitMany(
  api: ApiClient,
  forebay: TestForebay,
  count: number,
): Promise<readonly string[]> {
  const jobs = Array.from({ length: count }, (_, n) =>
    api.submit({
      kind: 'chat.completions',
      model: n % 2 === 0 ? 'alpha' : 'beta',
      priority: n % 10,
      body: { messages: [{ role: 'user', content: `job ${n}` }] },
      max_cost_usd: '0.1',
      webhook: { url: `${forebay.simulator.sinkUrl}/ok` },
    }),
  );
  return (await Promise.all(jobs)).map((job) => job.id);
}

type Role = 'redis' | 'api' | 'workers';
const orders: readonly (readonly Role[])[] = [
  ['redis', 'api', 'workers'],
  ['workers', 'api', 'redis'],
  ['api', 'redis', 'workers'],
];

describe('everything dead at once', () => {
  it.each(orders)('ends every acknowledged job when started as %s, %s, %s', async (...order) => {
    const forebay = await start();
    const first = await forebay.startApi();
    const workers = await Promise.all([forebay.startWorker('w1'), forebay.startWorker('w2')]);
    const client = createApiClient({ url: first.url, key: forebay.apiKey });
    const ids = await submitMany(client, forebay, 60);
    expect(await forebay.simulator.waitForCalls(10, 10_000)).toBe(true);
    await Promise.all([
      redis().server.kill('SIGKILL'),
      first.process.kill('SIGKILL'),
      ...workers.map((worker) => worker.kill('SIGKILL')),
    ]);

    const starting: Promise<unknown>[] = [];
    let restarted: ReturnType<TestForebay['startApi']> | undefined;
    for (const role of order) {
      if (role === 'redis') await redis().restart();
      if (role === 'workers') starting.push(forebay.startWorker('w1'), forebay.startWorker('w3'));
      if (role === 'api') restarted = forebay.startApi();
    }
    await Promise.all(starting);
    const { url } = (await restarted) ?? first;
    const api = createApiClient({ url, key: forebay.apiKey });
    const jobs = await readAllEnded(api, ids, 45_000);
    expect(new Set(jobs.map((job) => job.status))).toEqual(new Set(['succeeded']));
    expectMoneyHolds(jobs, forebay.simulator);
    await expectAuditAgrees(redis().url, forebay.namespace);
    await waitUntil(() => distinctEvents(forebay) >= ids.length, {
      what: 'an event of each job',
      timeoutMs: 20_000,
    });
    expectOneEventEach(jobs, forebay.simulator);
  });
});

function distinctEvents(forebay: TestForebay): number {
  const ids = forebay.simulator.deliveries().map((delivery) => delivery.headers['webhook-id']);
  return new Set(ids).size;
}

describe('every queue wiped under load', () => {
  it('ends every job, because tickets are made anew from the records', async () => {
    const forebay = await start();
    const { url } = await forebay.startApi();
    const api = createApiClient({ url, key: forebay.apiKey });
    await forebay.startWorker('w1');
    const store = await useStore(redis().url, { namespace: forebay.namespace });
    const ids = await submitMany(api, forebay, 60);
    expect(await forebay.simulator.waitForCalls(6, 10_000)).toBe(true);
    for (const model of ['alpha', 'beta']) {
      const queue = openModelQueue(
        {
          client: store.client,
          namespace: forebay.namespace,
          onError: (error) => expect(error).toBeUndefined(),
        },
        model,
      );
      expect(queue.name).toBe(modelQueueName(model));
      await queue.obliterate({ force: true });
      await queue.close();
    }
    const jobs = await readAllEnded(api, ids, 45_000);
    expect(new Set(jobs.map((job) => job.status))).toEqual(new Set(['succeeded']));
    expectMoneyHolds(jobs, forebay.simulator);
    await expectAuditAgrees(redis().url, forebay.namespace);
  });
});
