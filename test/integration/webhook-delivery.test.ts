import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isJsonObject, type JsonObject } from '@forebay/shared/domain/json';
import type { Store } from '@forebay/shared/redis/open-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import { webhookEndpointId } from '@forebay/shared/webhooks/endpoint-id';
import { verifyWebhook } from '@forebay/shared/webhooks/signature';
import { newWebhookSecret } from '@forebay/shared/webhooks/webhook-secret';
import { type Simulator, startSimulator } from '@forebay/simulator/simulator';
import { createDeliveryTickets } from '@forebay/worker/webhooks/delivery-queue';
import { createRelay, type RelaySettings } from '@forebay/worker/webhooks/relay';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startProcess } from '../support/processes.ts';
import { freshNamespace, useRedis } from '../support/redis.ts';
import { waitUntil } from '../support/wait-until.ts';
import {
  deliveryPrefix,
  endJob,
  openTestRole,
  openTestStore,
  testTenant,
} from '../support/webhook-events.ts';

const redis = useRedis();
const tenant = testTenant('dev');
let sink: Simulator;
beforeAll(async () => {
  sink = await startSimulator();
});
afterAll(() => sink.close());

/** A hold short enough that a lost ticket comes back within a test. */
const shortHold: RelaySettings = {
  holdMs: 1_500,
  sendMs: 500,
  intervalMs: 50,
  pauseMs: 20,
  waitingMax: 64,
};

interface Bundle {
  readonly store: Store;
  readonly namespace: string;
  readonly secret: string;
  readonly startRole: (relaySettings?: RelaySettings) => Promise<void>;
}

async function setup(): Promise<Bundle> {
  const namespace = freshNamespace();
  const secret = newWebhookSecret();
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const store = await openTestStore({ redisUrl: redis().url, namespace }, onError);
  await store.wakeUps.start('orders');
  onTestFinished(async () => {
    await store.close();
    expect(errors).toEqual([]);
  });
  return {
    store,
    namespace,
    secret,
    async startRole(relaySettings) {
      const settings = relaySettings === undefined ? {} : { relaySettings };
      const role = await openTestRole({ store, namespace, secret, onError, ...settings });
      onTestFinished(() => role.stop());
      role.start();
    },
  };
}

interface Received {
  readonly id: string;
  readonly timestamp: number;
  readonly signature: string;
  readonly body: Buffer;
}

/** What came to a path, each verified with the secret as of its own time. */
function received(path: string, secret: string): Received[] {
  return sink.deliveries(path).map((delivery) => {
    const body = Buffer.from(delivery.body_base64, 'base64');
    const nowSeconds = Date.parse(delivery.at) / 1_000;
    const { headers } = delivery;
    const verdict = verifyWebhook({ secrets: [secret], headers, body, nowSeconds });
    if (verdict.kind !== 'verified') throw new Error(`not verified: ${verdict.reason}`);
    const signature = headers['webhook-signature'] ?? '';
    return { id: verdict.id, timestamp: verdict.timestampSeconds, signature, body };
  });
}

async function receivedCount(path: string, count: number): Promise<void> {
  expect(await sink.waitForDeliveries(count, 15_000, path)).toBe(true);
}

function dataOf(body: Buffer): JsonObject {
  const parsed: unknown = JSON.parse(body.toString('utf8'));
  if (!isJsonObject(parsed) || !isJsonObject(parsed['data'])) throw new Error('no data');
  return parsed['data'];
}

/** Waits until the event that came to a path is recorded as over, and returns its id. */
async function endOfEvent({ store, secret }: Bundle, path: string): Promise<string> {
  const id = received(path, secret)[0]?.id ?? '';
  const endpointId = webhookEndpointId(tenant, `${sink.sinkUrl}${path}`);
  const isOver = async () => (await store.outbox.read(tenant, endpointId, id)) === undefined;
  await waitUntil(isOver, { what: 'the end of the event' });
  return id;
}

describe('a webhook', () => {
  test('announces the end of a job, signed, as a poll shows it', async () => {
    const bundle = await setup();
    const { store, secret, startRole } = bundle;
    await startRole();
    const id = await endJob(store, tenant, `${sink.sinkUrl}/ok/announce`);
    await receivedCount('/ok/announce', 1);

    const [delivery] = received('/ok/announce', secret);
    const polled = await store.jobs.read({ tenant, id });
    if (delivery === undefined || polled === undefined || 'kind' in polled) throw new Error('none');
    const data = dataOf(delivery.body);
    expect(data).toMatchObject({
      id,
      status: polled.state,
      job_url: `/v1/jobs/${id}`,
      cost: { ceiling: '1', spent: '0', unknown: '0', currency: 'USD' },
      error: { code: 'cancelled' },
      custom_id: 'line-1',
      metadata: { order: '17' },
    });
    expect(Number(data['version'])).toBeLessThanOrEqual(polled.version);
    const eventId = await endOfEvent(bundle, '/ok/announce');
    expect(await store.outbox.log(tenant, eventId)).toMatchObject([
      { outcome: 'delivered', status: 200 },
    ]);
  });

  test('that fails first keeps its id and body, with fresh times and signatures', async () => {
    const bundle = await setup();
    const { store, secret, startRole } = bundle;
    await startRole();
    const path = '/retry-after/1/times/2/then/200';
    await endJob(store, tenant, `${sink.sinkUrl}${path}`);
    await receivedCount(path, 3);
    const eventId = await endOfEvent(bundle, path);

    const attempts = received(path, secret);
    expect(attempts).toHaveLength(3);
    expect(new Set(attempts.map(({ id }) => id)).size).toBe(1);
    expect(new Set(attempts.map(({ body }) => body.toString('hex'))).size).toBe(1);
    expect(new Set(attempts.map(({ timestamp }) => timestamp)).size).toBe(3);
    expect(new Set(attempts.map(({ signature }) => signature)).size).toBe(3);
    expect(await store.outbox.log(tenant, eventId)).toMatchObject([
      { outcome: 'failed', status: 503, errorClass: 'http_status' },
      { outcome: 'failed', status: 503, errorClass: 'http_status' },
      { outcome: 'delivered', status: 200 },
    ]);
  });

  test('to an endpoint that is gone is not tried again', async () => {
    const bundle = await setup();
    const { store, secret, startRole } = bundle;
    await startRole();
    await endJob(store, tenant, `${sink.sinkUrl}/gone/once`);
    await receivedCount('/gone/once', 1);

    const eventId = await endOfEvent(bundle, '/gone/once');
    expect(received('/gone/once', secret)).toHaveLength(1);
    expect(await store.outbox.log(tenant, eventId)).toMatchObject([
      { outcome: 'failed', status: 410 },
    ]);
  });

  test('waits with at most four others for a slow endpoint and delays no other one', async () => {
    const slow = await startSlowReceiver();
    const { store, startRole } = await setup();
    await startRole();
    for (let n = 0; n < 12; n += 1) await endJob(store, tenant, `${slow.url}/slow`);
    await waitUntil(() => slow.waiting() === 4, { what: 'four deliveries in flight' });

    for (let n = 0; n < 5; n += 1) await endJob(store, tenant, `${sink.sinkUrl}/ok/beside`);
    await receivedCount('/ok/beside', 5);
    expect(slow.waiting()).toBe(4);

    slow.answerFromNowOn();
    await waitUntil(() => slow.answered() === 12, { what: 'all deliveries' });
    expect(slow.mostWaiting()).toBe(4);
    expect(slow.answered()).toBe(12);
  });
});

describe('an event announces nothing that a poll does not show', () => {
  test('when its job has left the store: it is given up unsent', async () => {
    const { store, startRole } = await setup();
    const url = `${sink.sinkUrl}/ok/job-gone`;
    const id = await endJob(store, tenant, url);
    const [event] = await takeOne(store, 1);
    await store.client.del(store.keys.job(tenant, id).job);

    await startRole(shortHold);
    const log = () => store.outbox.log(tenant, event?.id ?? '');
    await waitUntil(async () => (await log()).length === 1, { what: 'a line in the log' });
    expect(await log()).toMatchObject([{ outcome: 'failed', errorClass: 'job_gone' }]);
    expect(sink.deliveries('/ok/job-gone')).toEqual([]);
  });

  test('while its record is of a version that nobody here can read: it waits', async () => {
    const { store, namespace, startRole } = await setup();
    const path = '/ok/parked';
    const id = await endJob(store, tenant, `${sink.sinkUrl}${path}`);
    const record = store.keys.job(tenant, id).job;
    await store.client.hset(record, 'schema', '99');
    await startRole(shortHold);
    const queue = new Queue('webhooks', {
      connection: store.client,
      prefix: deliveryPrefix(namespace),
    });
    onTestFinished(() => queue.close());
    const postponed = async () => (await queue.getCompleted()).map((job) => job.returnvalue);
    const isPostponed = async () => (await postponed()).includes('postponed: parked');
    await waitUntil(isPostponed, { what: 'a postponed ticket' });
    expect(sink.deliveries(path)).toEqual([]);

    await store.client.hset(record, 'schema', '1');
    await receivedCount(path, 1);
  });
});

describe('an event survives', () => {
  test('the loss of its ticket', async () => {
    const bundle = await setup();
    const { store, namespace, secret, startRole } = bundle;
    const path = '/ok/lost-ticket';
    const prefix = deliveryPrefix(namespace);
    await endJob(store, tenant, `${sink.sinkUrl}${path}`);
    await takeWithoutDelivering(store, prefix);
    const queue = new Queue('webhooks', { connection: store.client, prefix });
    await queue.obliterate({ force: true });
    await queue.close();

    await startRole(shortHold);
    await receivedCount(path, 1);
    await endOfEvent(bundle, path);
    expect(received(path, secret)).toHaveLength(1);
  });

  test.each([
    ['webhooks.after-take', 1],
    ['webhooks.before-ticket', 1],
    ['webhooks.after-ticket', 1],
    ['webhooks.before-send', 1],
    ['webhooks.after-send', 2],
    ['webhooks.after-record', 1],
  ])('a process killed at %s, with one id in %d deliveries', async (point, deliveries) => {
    const bundle = await setup();
    const { store, namespace, secret, startRole } = bundle;
    const path = `/ok/killed-${point}`;
    const child = startProcess({
      name: 'webhooks-child',
      args: ['test/support/webhooks-child.ts', redis().url, namespace, secret, point],
      env: childEnvironment,
    });
    await child.waitForOutput(/started/);
    const id = await endJob(store, tenant, `${sink.sinkUrl}${path}`);
    expect((await child.exited).signal).toBe('SIGKILL');

    await startRole(shortHold);
    await receivedCount(path, deliveries);
    await endOfEvent(bundle, path);
    const attempts = received(path, secret);
    expect(attempts).toHaveLength(deliveries);
    expect(new Set(attempts.map((attempt) => attempt.id)).size).toBe(1);
    for (const { body } of attempts) expect(dataOf(body)['id']).toBe(id);
  });
});

/** Sources are run as they stand, as the tests themselves are. */
const childEnvironment = { NODE_OPTIONS: '--conditions=forebay-source --import tsx' };

/** Takes what is due on the tenant's shard, to be handed out again at once. */
function takeOne(store: Store, holdMs: number) {
  const shard = store.keys.shardOf(tenant);
  return store.outbox.take({ shard, limit: 1, perEndpoint: 1, holdMs });
}

/** Runs the relay alone until its ticket stands in the queue. */
async function takeWithoutDelivering(store: Store, prefix: string): Promise<void> {
  const onError = (error: unknown): void => {
    throw error;
  };
  const tickets = createDeliveryTickets({ connection: store.client, prefix, onError });
  const { outbox, jobs, wakeUps } = store;
  const relay = createRelay(
    { outbox, jobs, wakeUps, tickets, clock: systemClock, onError },
    shortHold,
  );
  relay.start();
  await waitUntil(async () => (await tickets.countWaiting()) === 1, { what: 'a ticket' });
  await relay.stop();
  await tickets.close();
}

/** Holds every delivery until it is told to answer. */
async function startSlowReceiver() {
  const held = new Set<ServerResponse>();
  let answersAtOnce = false;
  let answered = 0;
  let mostWaiting = 0;
  const answer = (response: ServerResponse): void => {
    held.delete(response);
    answered += 1;
    response.end();
  };
  const server = createServer((request, response) => {
    held.add(response);
    mostWaiting = Math.max(mostWaiting, held.size);
    request.resume().once('end', () => {
      if (answersAtOnce) answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  // A server on a TCP port has an address of this form.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    waiting: () => held.size,
    answered: () => answered,
    mostWaiting: () => mostWaiting,
    answerFromNowOn() {
      answersAtOnce = true;
      for (const response of [...held]) answer(response);
    },
  };
}
