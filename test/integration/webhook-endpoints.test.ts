import { isJsonObject, type JsonObject } from '@forebay/shared/domain/json';
import { verifyWebhook } from '@forebay/shared/webhooks/signature';
import { type Simulator, startSimulator } from '@forebay/simulator/simulator';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { claim, success } from '../conformance/job-calls.ts';
import { type InProcessApi, startInProcessApi } from '../support/api-in-process.ts';
import type { ApiClient } from '../support/http.ts';
import { textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { runCommandHere } from '../support/run-command-here.ts';
import { candidateFor, newJob, planFor, testTenant } from '../support/store.ts';
import { budgetOf, setTerms } from '../support/terms.ts';
import { twoModels } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';
import { openTestRole } from '../support/webhook-events.ts';

const redis = useRedis();
let sink: Simulator;
beforeAll(async () => {
  sink = await startSimulator();
});
afterAll(() => sink.close());

const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');
const job = {
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: 'Say hello.' }] },
};

interface Bundle {
  readonly api: InProcessApi;
  readonly client: ApiClient;
  /** Registers an endpoint at a path of the sink. */
  readonly register: (path: string, more?: JsonObject) => Promise<Registered>;
  /** Submits a job and cancels it, which is an end. */
  readonly endJob: () => Promise<string>;
}

interface Registered {
  readonly id: string;
  readonly secret: string;
  readonly etag: string;
}

async function setup(disableAfterMs?: number): Promise<Bundle> {
  const api = await startInProcessApi(redis().url, config);
  const { store, webhookSecret: secret } = api;
  await store.wakeUps.start('orders');
  const errors: unknown[] = [];
  const role = await openTestRole({
    ...{ store, secret, namespace: store.namespace },
    onError: (error) => errors.push(error),
    ...(disableAfterMs === undefined ? {} : { disableAfterMs }),
  });
  onTestFinished(async () => {
    await role.stop();
    expect(errors).toEqual([]);
  });
  role.start();
  const client = await api.client('dev');
  return {
    api,
    client,
    async register(path, more = {}) {
      const body = { url: `${sink.sinkUrl}${path}`, ...more };
      const answer = await client.call('/v1/webhooks', { body });
      expect(answer.status).toBe(201);
      const made = objectOf(answer.json());
      const etag = answer.headers.get('etag') ?? '';
      return { id: textMember(made, 'id'), secret: textMember(made, 'secret'), etag };
    },
    async endJob() {
      const { id } = await client.submit(job);
      expect((await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' })).status).toBe(200);
      return id;
    },
  };
}

function objectOf(value: unknown): JsonObject {
  if (!isJsonObject(value)) throw new Error(`not an object: ${JSON.stringify(value)}`);
  return value;
}

function listOf(value: unknown): readonly JsonObject[] {
  const { data } = objectOf(value);
  if (!Array.isArray(data)) throw new Error('no list');
  return data.map(objectOf);
}

async function arrived(path: string, count: number) {
  expect(await sink.waitForDeliveries(count, 15_000, path)).toBe(true);
  return sink.deliveries(path).map(({ headers, at, body_base64: text }) => {
    const body = Buffer.from(text, 'base64');
    return {
      id: headers['webhook-id'],
      event: objectOf(JSON.parse(body.toString('utf8'))),
      signatures: (headers['webhook-signature'] ?? '').split(' ').length,
      /** Whether the secret alone is enough for a receiver. */
      isSignedWith: (secret: string): boolean => {
        const nowSeconds = Date.parse(at) / 1_000;
        return verifyWebhook({ secrets: [secret], headers, body, nowSeconds }).kind === 'verified';
      },
    };
  });
}

async function get(client: ApiClient, path: string): Promise<JsonObject> {
  const answer = await client.call(path);
  expect(answer.status).toBe(200);
  return objectOf(answer.json());
}

describe('a registration with an Idempotency-Key', () => {
  test('makes one endpoint, however often and at once it is sent', async () => {
    const api = await startInProcessApi(redis().url, config);
    const client = await api.client('dev');
    const headers = { 'idempotency-key': 'hooks-1' };
    const body = { url: `${sink.sinkUrl}/ok/once`, description: 'one' };
    const call = (changes: object = {}, from = client) =>
      from.call('/v1/webhooks', { headers, body: { ...body, ...changes } });
    const answers = await Promise.all([call(), call(), call(), call()]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const texts = new Set(answers.map(({ text }) => text));
    expect(texts.size).toBe(1);
    const made = objectOf(answers[0]?.json());
    expect(textMember(made, 'secret')).toMatch(/^whsec_/);
    const replayed = answers.filter(({ headers: h }) => h.get('idempotent-replayed') === 'true');
    expect(replayed).toHaveLength(3);
    expect(listOf(await get(client, '/v1/webhooks'))).toHaveLength(1);

    const mismatch = { status: 422, code: 'idempotency_mismatch' };
    expect((await call({ description: 'two' })).json()).toMatchObject(mismatch);
    const foreign = objectOf((await call({}, await api.client('other'))).json());
    expect(foreign['id']).not.toBe(made['id']);

    // Once it was changed its secret is no longer what was told then.
    const path = `/v1/webhooks/${textMember(made, 'id')}`;
    await client.call(`${path}/rotate`, { body: {} });
    const later = objectOf((await call()).json());
    expect(later).toMatchObject({ id: made['id'], version: 2 });
    expect(later).not.toHaveProperty('secret');
    // And a key is free again when its endpoint is gone.
    expect((await client.call(path, { method: 'DELETE' })).status).toBe(200);
    expect(objectOf((await call({ description: 'two' })).json())).toHaveProperty('secret');
  });
});

test('the commands list, create, test, replay and delete endpoints', async () => {
  const { api, endJob } = await setup();
  const env = { FOREBAY_URL: api.url, FOREBAY_API_KEY: await api.newKey('dev') };
  const run = (...args: string[]) => runCommandHere(['webhooks', ...args], env);
  const url = `${sink.sinkUrl}/ok/by-command`;
  const created = await run('create', url, '--event', 'job.cancelled', '--description', 'mine');
  expect(created, created.stderr).toMatchObject({ code: 0 });
  const [id = '', secret = ''] = created.stdout.split('\n');
  expect(secret).toMatch(/^whsec_/);
  expect((await run('list')).stdout).toMatch(new RegExp(`${id} +on +${url} +job.cancelled +mine`));
  expect(await run('test', id)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^deliv/) });
  await endJob();
  await arrived('/ok/by-command', 2);
  const replayed = await run('replay', id, '--since', '1');
  expect(replayed, replayed.stderr).toMatchObject({ code: 0 });
  await arrived('/ok/by-command', 3);
  expect((await run('replay', id)).stderr).toContain('--event ID, or --since NUMBER');
  expect((await run('delete', id)).code).toBe(0);
  expect((await run('test', id)).stderr).toContain('no such webhook endpoint');
}, 30_000);

describe('a registered endpoint', () => {
  test('hears of the ends that it wants, signed with its own secret', async () => {
    const { client, register, endJob } = await setup();
    const wants = await register('/ok/wants');
    const alsoWants = await register('/ok/also', { events: ['*'], description: 'everything' });
    await register('/ok/picky', { events: ['job.failed'] });
    const id = await endJob();
    const [one] = await arrived('/ok/wants', 1);
    const [other] = await arrived('/ok/also', 1);
    const polled = await client.read(id);
    expect(one?.event).toMatchObject({
      type: 'job.cancelled',
      data: { id, status: polled.status, version: polled.raw['version'] },
    });
    expect(one?.isSignedWith(wants.secret)).toBe(true);
    expect(one?.isSignedWith(alsoWants.secret)).toBe(false);
    expect(other?.isSignedWith(alsoWants.secret)).toBe(true);
    expect(one?.id).not.toBe(other?.id);
    expect(sink.deliveries('/ok/picky')).toEqual([]);
  });

  test('hears once that a budget has reached a threshold, signed like all else', async () => {
    const { api, register } = await setup();
    const { secret } = await register('/ok/budget', { events: ['budget.threshold'] });
    const budget = budgetOf(1_000n);
    await setTerms(api.store, { budgets: [budget] });
    for (const cost of [850n, 20n]) {
      const job = newJob({ reservation: cost, plan: planFor(candidateFor('alpha', cost)) });
      await api.store.jobs.admit(job);
      expect((await claim(api.store.jobs, job)).kind).toBe('claimed');
      await api.store.jobs.settle(success(job, 2, cost));
    }
    const [told, ...more] = await arrived('/ok/budget', 1);
    expect(more).toEqual([]);
    expect(told?.isSignedWith(secret)).toBe(true);
    expect(told?.event).toMatchObject({
      type: 'budget.threshold',
      data: { budget: budget.id, subject: 'tenant', percent: 80, limit: '0.000001' },
    });
  });

  test('is shown without its secret, changed under its version, and removed', async () => {
    const { client, register, api } = await setup();
    const { id, secret, etag } = await register('/ok/managed', { description: 'first' });
    const path = `/v1/webhooks/${id}`;
    const shown = await get(client, path);
    expect(shown).toMatchObject({ id, description: 'first', enabled: true, version: 1 });
    expect(JSON.stringify([shown, await get(client, '/v1/webhooks')])).not.toContain(secret);
    const dump = await api.store.client.hvals(api.store.keys.webhookEndpoints(testTenant));
    expect(dump.join()).not.toContain(secret.slice('whsec_'.length));

    const change = (body: JsonObject, match?: string) =>
      client.call(path, {
        method: 'PATCH',
        body,
        headers: match === undefined ? {} : { 'if-match': match },
      });
    expect((await change({ description: 'x' })).status).toBe(428);
    const changed = await change({ enabled: false, events: ['job.failed'] }, etag);
    expect(changed.json()).toMatchObject({
      enabled: false,
      disabled_reason: 'by_request',
      events: ['job.failed'],
      description: 'first',
    });
    expect((await change({ description: 'lost' }, etag)).status).toBe(412);
    const again = await change({ enabled: true }, changed.headers.get('etag') ?? '');
    expect(again.json()).toMatchObject({ enabled: true, disabled_reason: null, version: 3 });

    expect((await client.call(path, { method: 'DELETE' })).status).toBe(200);
    expect((await client.call(path, { method: 'DELETE' })).status).toBe(404);
    expect(listOf(await get(client, '/v1/webhooks'))).toEqual([]);
  });

  test.each([
    [{ url: 'https://10.0.0.1/' }, 'webhook_url_refused', 'url'],
    [{ url: 'http://example.com/' }, 'webhook_url_refused', 'url'],
    [{ url: 'nonsense' }, 'invalid_request', 'url'],
    [{ events: ['job.failed'] }, 'invalid_request', 'url'],
    [{ url: 'https://example.com/', events: [] }, 'invalid_request', 'events'],
    [{ url: 'https://example.com/', events: ['job.done'] }, 'invalid_request', 'events.0'],
    [{ url: 'https://example.com/', secret: 'whsec_x' }, 'invalid_request', 'secret'],
    [{ url: 'https://example.com/', description: 'a\u0000b' }, 'invalid_request', 'description'],
  ])('is not made from %j', async (body, code, param) => {
    const { client } = await setup();
    const answer = await client.call('/v1/webhooks', { body });
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ code, param });
    expect(listOf(await get(client, '/v1/webhooks'))).toEqual([]);
  });

  test('is signed with both secrets while a rotation overlaps, then with the new one', async () => {
    const { client, register, endJob, api } = await setup();
    const { id, secret: old } = await register('/ok/rotated');
    const rotate = async (body: JsonObject) => {
      const answer = await client.call(`/v1/webhooks/${id}/rotate`, { body });
      expect(answer.status).toBe(200);
      return textMember(answer.json(), 'secret');
    };
    const fresh = await rotate({ overlap_seconds: 60 });
    await endJob();
    const [during] = await arrived('/ok/rotated', 1);
    expect([during?.signatures, during?.isSignedWith(old), during?.isSignedWith(fresh)]).toEqual([
      2,
      true,
      true,
    ]);
    api.store.advance(61_000);
    await endJob();
    const after = (await arrived('/ok/rotated', 2))[1];
    expect([after?.signatures, after?.isSignedWith(old), after?.isSignedWith(fresh)]).toEqual([
      1,
      false,
      true,
    ]);
    const newest = await rotate({ overlap_seconds: 0 });
    await endJob();
    const last = (await arrived('/ok/rotated', 3))[2];
    expect([last?.signatures, last?.isSignedWith(newest)]).toEqual([1, true]);
  });
});

describe('the owner of an endpoint', () => {
  test('sends a test and is told what came of it, even while the endpoint is off', async () => {
    const { client, register } = await setup();
    const good = await register('/ok/tested', { enabled: false });
    const bad = await register('/status/500/tested');
    const send = async (id: string) =>
      objectOf((await client.call(`/v1/webhooks/${id}/test`, { method: 'POST' })).json());
    expect(await send(good.id)).toMatchObject({ success: true, status_code: 200, error: null });
    const [delivery] = await arrived('/ok/tested', 1);
    expect(delivery?.event).toMatchObject({ type: 'webhook.test', data: { id: good.id } });
    expect(delivery?.isSignedWith(good.secret)).toBe(true);
    const refused = await send(bad.id);
    expect(refused).toMatchObject({ outcome: 'failed', success: false, error: 'http_status' });
  });

  test('sees attempts and events by number, and has one or a window sent again', async () => {
    const { client, register, endJob } = await setup();
    const { id } = await register('/ok/replayed');
    const path = `/v1/webhooks/${id}`;
    const jobs = [await endJob(), await endJob(), await endJob()];
    const first = await arrived('/ok/replayed', 3);
    const attempts = async () => listOf(await get(client, `${path}/attempts`));
    await waitUntil(async () => (await attempts()).length === 3, { what: 'three attempts' });
    expect((await attempts())[0]).toMatchObject({ outcome: 'delivered', status: 200, error: null });

    const page = await get(client, `${path}/events?after=1&limit=1`);
    expect(page).toMatchObject({
      missing: null,
      last_sequence: 2,
      newest_sequence: 3,
      has_more: true,
    });
    const [event] = listOf(page);
    expect(event).toMatchObject({ sequence: 2, type: 'job.cancelled', data: { id: jobs[1] } });
    expect(first.map((each) => each.id)).toContain(event?.['id']);

    const one = await client.call(`${path}/events/${textMember(event, 'id')}/replay`, {
      method: 'POST',
    });
    expect([one.status, one.json()]).toEqual([
      202,
      { object: 'webhook_endpoint.replay', replayed: 1, last_sequence: 2, has_more: false },
    ]);
    expect((await arrived('/ok/replayed', 4))[3]?.id).toBe(event?.['id']);
    const window = await client.call(`${path}/replay`, { body: { since_sequence: 2 } });
    expect(window.json()).toMatchObject({ replayed: 2, last_sequence: 3 });
    const all = await arrived('/ok/replayed', 6);
    expect(new Set(all.map((each) => each.id)).size).toBe(3);

    const unknown = `${path}/events/evt_${'0'.repeat(40)}_9/replay`;
    expect((await client.call(unknown, { method: 'POST' })).status).toBe(404);
    const backwards = { since_sequence: 3, until_sequence: 2 };
    expect((await client.call(`${path}/replay`, { body: backwards })).status).toBe(400);
    expect((await client.call(`${path}/events?after=-1`)).status).toBe(400);
  });

  test('catches up on what happened while it was off', async () => {
    const { client, register, endJob } = await setup();
    const { id, etag } = await register('/ok/caught-up');
    const path = `/v1/webhooks/${id}`;
    const change = (enabled: boolean, match: string) =>
      client.call(path, { method: 'PATCH', body: { enabled }, headers: { 'if-match': match } });
    const off = await change(false, etag);
    await endJob();
    const replay = () => client.call(`${path}/replay`, { body: { since_sequence: 1 } });
    expect((await replay()).status).toBe(409);
    await change(true, off.headers.get('etag') ?? '');
    expect((await replay()).json()).toMatchObject({ replayed: 1 });
    await arrived('/ok/caught-up', 1);
  });
});

describe('an endpoint is switched off', () => {
  test('when it answers that it is gone, and the others are told', async () => {
    const { client, register, endJob } = await setup();
    const gone = await register('/gone/registered');
    await register('/ok/watcher', {
      events: ['webhook.endpoint_disabled', 'webhook.message_exhausted'],
    });
    await endJob();
    const told = await arrived('/ok/watcher', 2);
    expect(told.map(({ event }) => textMember(event, 'type')).toSorted()).toEqual([
      'webhook.endpoint_disabled',
      'webhook.message_exhausted',
    ]);
    for (const { event } of told) {
      const about = objectOf(event['data']);
      expect([about['id'], about['endpoint_id']]).toContain(gone.id);
    }
    expect(await get(client, `/v1/webhooks/${gone.id}`)).toMatchObject({
      enabled: false,
      disabled_reason: 'gone',
    });
    await endJob();
    expect(sink.deliveries('/gone/registered')).toHaveLength(1);
  });

  test('when nothing has reached it for too long', async () => {
    const { client, register, endJob } = await setup(0);
    const { id } = await register('/status/500/failing');
    await endJob();
    const isOff = async () => (await get(client, `/v1/webhooks/${id}`))['enabled'] === false;
    await waitUntil(isOff, { what: 'the endpoint to be switched off' });
    expect(await get(client, `/v1/webhooks/${id}`)).toMatchObject({ disabled_reason: 'failing' });
    const events = listOf(await get(client, `/v1/webhooks/${id}/events`));
    expect(events).toHaveLength(1);
  });
});
