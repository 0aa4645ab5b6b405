/**
 * Replies of the scripts of webhook endpoints get lost, and the client sends the calls again. The
 * answer must be the first one, and every event must be numbered, recorded and replayed once.
 */
import type { OutboxEvent } from '@forebay/shared/ports/outbox-store';
import { loadScript } from '@forebay/shared/redis/script-runner';
import { expect, test } from 'vitest';
import { endpointFor } from '../support/endpoint-for.ts';
import { useRedis } from '../support/redis.ts';
import { newJob, type TestStore, testTenant, useStore } from '../support/store.ts';
import { seededLoss, startTcpProxy } from '../support/tcp-proxy.ts';

const redis = useRedis();
const seed = 20_262;
const rounds = 12;
const scripts = [
  'endpoint-write',
  'endpoint-remove',
  'endpoint-replay',
  'endpoint-test',
  'outbox-take',
  'outbox-record',
] as const;

const attempt = {
  atMs: 1,
  durationMs: 1,
  outcome: 'delivered',
  status: 204,
  errorClass: undefined,
  responseExcerpt: undefined,
} as const;

async function takeOne(store: TestStore): Promise<OutboxEvent> {
  const shard = store.keys.shardOf(testTenant);
  const taken = await store.outbox.take({ shard, limit: 8, perEndpoint: 4, holdMs: 30_000 });
  const [event, ...others] = taken;
  if (event === undefined || others.length > 0) throw new Error('one event should be due');
  return event;
}

async function deliverOne(store: TestStore): Promise<OutboxEvent> {
  const event = await takeOne(store);
  const verdict = { kind: 'delivered' } as const;
  await store.outbox.record({ event, attempt, verdict, endpoint: { kind: 'delivers' } });
  return event;
}

/** The whole life of an endpoint. */
async function live(store: TestStore): Promise<void> {
  const endpoint = endpointFor(testTenant, ['job.cancelled']);
  expect(await store.endpoints.write(endpoint)).toBe('written');
  const changed = { ...endpoint, description: 'changed', version: 2 };
  expect(await store.endpoints.write(changed)).toBe('written');
  const job = newJob();
  await store.jobs.admit(job);
  await store.jobs.cancel(job);
  const first = await deliverOne(store);
  expect(first).toMatchObject({ job: job.id, sequence: 1 });
  const window = { first: 1, last: undefined, limit: 10 };
  expect(await store.endpoints.replay(changed, window)).toMatchObject({ count: 1, last: 1 });
  expect((await deliverOne(store)).id).toBe(first.id);
  expect(await store.endpoints.test(changed, `evt_${endpoint.id}`, {})).toBe(true);
  expect((await deliverOne(store)).type).toBe('webhook.test');
  const attempts = await store.endpoints.listAttempts(changed, 10);
  expect(attempts.map(({ type }) => type)).toEqual([
    'webhook.test',
    'job.cancelled',
    'job.cancelled',
  ]);
  expect((await store.endpoints.listEvents(changed, 0, 10)).newest).toBe(1);
  expect(await store.endpoints.remove(changed)).toBe(true);
}

test.each(scripts)('losing replies of %s changes no answer and doubles nothing', async (script) => {
  const proxy = await startTcpProxy(redis().port);
  const store = await useStore(proxy.url);
  const { digest } = loadScript(script);
  const isOfScript = ([command, first = '']: readonly string[]): boolean =>
    (command === 'EVALSHA' && first === digest) ||
    (command === 'EVAL' && first.startsWith(`-- ${script}: `));
  proxy.loseReplies(seededLoss(seed, 0.4, isOfScript));
  for (let round = 0; round < rounds; round += 1) await live(store);
  expect(proxy.lost.length).toBeGreaterThan(0);
  expect(await store.endpoints.list(testTenant)).toEqual([]);
});
