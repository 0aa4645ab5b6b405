/** What an API key may do, and how a job remembers which key made it. */
import { parseJobId } from '@forebay/shared/domain/ids';
import { parseApiKey } from '@forebay/shared/keys/api-key';
import type { KeySettings } from '@forebay/shared/ports/key-store';
import { changeBudget, createBudget } from '@forebay/shared/tenants/manage-budgets';
import { createKey, rotateKey } from '@forebay/shared/tenants/manage-keys';
import { changeTenant, setTenantStatus } from '@forebay/shared/tenants/manage-tenants';
import { describe, expect, test } from 'vitest';
import { startInProcessApi } from '../support/api-in-process.ts';
import { sendBulk } from '../support/bulk-client.ts';
import { bulkJob, ndjson } from '../support/bulk-jobs.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { listMember, textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { tenantNamed, testTenant } from '../support/store.ts';
import { usedOf } from '../support/terms.ts';
import { twoModels } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');

const autoRoute = `
routes:
  auto:
    strategy: cheapest
    targets: [alpha, beta]
`;

async function setup() {
  const api = await startInProcessApi(redis().url, `${config}\n${autoRoute}`);
  const newCaller = async () => {
    const key = await api.newKey('dev');
    const keyId = parseApiKey(key)?.keyId;
    return { key, keyId, client: createApiClient({ url: api.url, key }) };
  };
  const callerWith = async (settings: Partial<KeySettings>) => {
    const order = { tenant: testTenant, environment: 'test', settings };
    const { text } = await createKey(api.manage, order);
    return { key: text, client: createApiClient({ url: api.url, key: text }) };
  };
  return { api, newCaller, callerWith };
}

function submit(client: ApiClient, changes: object) {
  return client.call('/v1/jobs', { body: { ...bulkJob(), ...changes } });
}

describe('the key that submitted a job', () => {
  test('stands on it, however the job came in', async () => {
    const { api, newCaller } = await setup();
    const one = await newCaller();
    const { id } = await one.client.submit(bulkJob());
    const bulk = await sendBulk({ url: api.url, key: one.key }, ndjson([bulkJob('row-1')]));
    for (const jobId of [id, bulk.lines[0]?.id ?? '']) {
      expect((await one.client.read(jobId)).raw).toMatchObject({ key_id: one.keyId });
    }
  });

  test('is the one that retries, not the one that came first', async () => {
    const { newCaller } = await setup();
    const [first, second] = [await newCaller(), await newCaller()];
    const { id } = await first.client.submit(bulkJob());
    await first.client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
    const answer = await second.client.call(`/v1/jobs/${id}/retry`, { method: 'POST' });
    expect(answer.json()).toMatchObject({ key_id: second.keyId, retry_of: id });
    const again = textMember(answer.json(), 'id');
    expect((await first.client.read(again)).raw).toMatchObject({ key_id: second.keyId });
    expect((await first.client.read(id)).raw).toMatchObject({ key_id: first.keyId });
  });
});

describe('a key that may name some models', () => {
  test('gets those, and is told by name of others', async () => {
    const { callerWith } = await setup();
    const { client } = await callerWith({ models: ['beta'] });
    const taken = await submit(client, { model: 'auto' });
    expect(taken.json()).toMatchObject({
      model: 'beta',
      route: { candidates: [{ model: 'beta' }], exclusions: [{ code: 'not_allowed' }] },
    });
    const refused = await submit(client, { model: 'alpha' });
    expect([refused.status, refused.json()]).toMatchObject([
      403,
      { code: 'forbidden', param: 'model', errors: [{ code: 'not_allowed' }, {}] },
    ]);
    expect(textMember(refused.json(), 'detail')).toContain('may use beta');
    const list = listMember((await client.call('/v1/models')).json(), 'data');
    expect(list).toMatchObject([{ id: 'beta' }]);
    expect((await submit(client, { model: 'gamma' })).json()).toMatchObject({
      code: 'unknown_model',
    });
  });

  test('gets the targets of a route that it may name, also in a dry run', async () => {
    const { callerWith } = await setup();
    const { client } = await callerWith({ models: ['auto'] });
    const body = { ...bulkJob(), model: 'auto' };
    const planned = (await client.call('/v1/route', { body })).json();
    expect(planned).toMatchObject({ route: { candidates: [{}, {}], exclusions: [] } });
    expect((await submit(client, { model: 'alpha' })).status).toBe(403);
  });

  test('has its lines of a bulk call refused one by one', async () => {
    const { api, callerWith } = await setup();
    const { key } = await callerWith({ models: ['alpha'] });
    const rows = [{ ...bulkJob('row-1'), model: 'beta' }, bulkJob('row-2')];
    const answer = await sendBulk({ url: api.url, key }, ndjson(rows));
    expect(answer.lines).toMatchObject([
      { status: 'rejected', error: { code: 'forbidden' } },
      { status: 'accepted' },
    ]);
  });
});

describe('priority and ceiling of a job', () => {
  test('stay within what key and tenant allow, at submission and at every change', async () => {
    const { api, callerWith } = await setup();
    const settings = { ceilingMax: 500_000_000n, ceilingDefault: 200_000_000n, priorityMin: 6 };
    const { client } = await callerWith(settings);
    const { id } = await client.submit(bulkJob());
    expect((await client.read(id)).raw).toMatchObject({ priority: 6, cost: { ceiling: '0.2' } });
    const forbidden = [
      await submit(client, { priority: 'urgent' }),
      await submit(client, { max_cost_usd: '0.51' }),
      await patch(client, id, { priority: 5 }),
      await patch(client, id, { max_cost_usd: '0.51' }),
      await client
        .call(`/v1/jobs/${id}/cancel`, { method: 'POST' })
        .then(() => client.call(`/v1/jobs/${id}/retry`, { body: { priority: 0 } })),
    ];
    expect(forbidden.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
    const params = forbidden.map((answer) => textMember(answer.json(), 'param'));
    expect(params).toEqual(['priority', 'max_cost_usd', 'priority', 'max_cost_usd', 'priority']);
    expect((await submit(client, { max_cost_usd: '0.5', priority: 9 })).status).toBe(202);
    await changeTenant(api.manage, { id: testTenant, settings: { ceilingMax: 100_000_000n } });
    const other = (await callerWith(settings)).client;
    const { id: capped } = await other.submit(bulkJob());
    expect((await other.read(capped)).raw).toMatchObject({ cost: { ceiling: '0.1' } });
    expect((await submit(other, { max_cost_usd: '0.11' })).status).toBe(403);
  });
});

describe('a key of which few jobs may wait', () => {
  test('is told to come again, alone and in a bulk call, and has room after a cancel', async () => {
    const { api, callerWith } = await setup();
    const { key, client } = await callerWith({ queuedMax: 2 });
    const { id } = await client.submit(bulkJob());
    const bulk = await sendBulk({ url: api.url, key }, ndjson([bulkJob(), bulkJob()]));
    expect(bulk.lines).toMatchObject([
      { status: 'accepted' },
      { status: 'rejected', error: { code: 'key_limit_exceeded' } },
    ]);
    const refused = await submit(client, {});
    expect([refused.status, refused.json()]).toMatchObject([429, { code: 'key_limit_exceeded' }]);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(refused.headers.get('ratelimit')).toBe('"queued-jobs";r=0;t=5');
    expect((await submit((await callerWith({})).client, {})).status).toBe(202);
    await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
    expect((await submit(client, {})).status).toBe(202);
  });
});

describe('a key that replaces another', () => {
  async function rotated(settings: Partial<KeySettings>) {
    const { api } = await setup();
    const order = { tenant: testTenant, environment: 'test', settings };
    const first = await createKey(api.manage, order);
    const second = await rotateKey(api.manage, first.key);
    const third = await rotateKey(api.manage, second.key);
    const [old, between, newest] = [first, second, third].map(({ key, text }) => ({
      ...{ key, text },
      client: createApiClient({ url: api.url, key: text }),
    }));
    if (!(old && between && newest)) throw new Error('there are three');
    return { api, old, between, newest };
  }

  test('pays from the same budget, whichever of them it was made for', async () => {
    const { api, old, between, newest } = await rotated({});
    const manage = { ...api.manage, terms: api.store.terms };
    const budget = await createBudget(
      manage,
      { tenant: testTenant },
      {
        subject: { kind: 'key', keyId: between.key.keyId },
        window: { kind: 'total' },
        limitNanoUsd: 1_000_000_000n,
        whenShort: 'reject',
      },
    );
    expect(budget.subject).toEqual({ kind: 'key', keyId: old.key.keyId });
    const { id } = await newest.client.submit(bulkJob());
    const bulk = await sendBulk({ url: api.url, key: newest.text }, ndjson([bulkJob()]));
    for (const jobId of [id, bulk.lines[0]?.id ?? '']) {
      expect((await newest.client.read(jobId)).raw).toMatchObject({ key_id: newest.key.keyId });
    }
    const { reserved } = await usedOf(api.store);
    expect(reserved).toBeGreaterThan(0n);
    const settings = { limitNanoUsd: reserved };
    await changeBudget(manage, { tenant: testTenant, id: budget.id }, settings);
    for (const { client } of [old, between, newest]) {
      expect((await submit(client, {})).json()).toMatchObject({ code: 'budget_exceeded' });
    }
    expect((await submit(await api.client('dev'), {})).status).toBe(202);
  });

  test('counts with it for waiting jobs and for requests', async () => {
    const { old, newest } = await rotated({ queuedMax: 2, requestsPerMinute: 4 });
    for (const { client } of [old, newest]) expect((await submit(client, {})).status).toBe(202);
    const refused = [await submit(old.client, {}), await submit(newest.client, {})];
    expect(refused.map(({ headers }) => headers.get('ratelimit'))).toEqual(
      Array(2).fill('"queued-jobs";r=0;t=5'),
    );
    for (const { client } of [old, newest]) {
      const { status, headers } = await client.call('/v1/models');
      expect([status, headers.get('ratelimit')]).toMatchObject([
        429,
        expect.stringMatching(/^"requests";r=0;/),
      ]);
    }
  });

  test('pays when an operator tries its job again, for models that it may name', async () => {
    const { api, old, newest } = await rotated({ models: ['beta'] });
    const { id } = await newest.client.submit({ ...bulkJob(), model: 'beta' });
    await newest.client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
    const body = { action: 'retry', filter: { tenant: testTenant } };
    expect((await api.operator().call('/admin/v1/operations', { body })).status).toBe(202);
    const [again] = await waitUntil(
      async () => {
        const queued = await newest.client.call('/v1/jobs?status=queued');
        const jobs = listMember(queued.json(), 'data');
        return jobs.length > 0 && jobs;
      },
      { what: 'the job to be tried again' },
    );
    const jobId = parseJobId(textMember(again, 'id')) ?? expect.fail('a job has an id');
    const record = await api.store.jobs.read({ tenant: testTenant, id: jobId });
    expect(record).toMatchObject({
      spec: {
        ...{ retryOf: id, allowedModels: ['beta'] },
        ...{ keyId: newest.key.keyId, payerKeyId: old.key.keyId },
      },
    });
  });
});

describe('a suspended tenant', () => {
  test('reads and cancels its jobs and makes no new ones', async () => {
    const { api, newCaller } = await setup();
    const { id } = await (await newCaller()).client.submit(bulkJob());
    await setTenantStatus(api.manage, testTenant, 'suspended');
    const { client } = await newCaller();
    const refused = await submit(client, {});
    expect([refused.status, refused.json()]).toMatchObject([403, { code: 'tenant_suspended' }]);
    expect((await patch(client, id, { priority: 9 })).status).toBe(403);
    expect((await client.read(id)).status).toBe('queued');
    expect((await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' })).status).toBe(200);
    expect((await submit(await api.client('other'), {})).status).toBe(202);
    await setTenantStatus(api.manage, testTenant, 'active');
    expect((await submit((await newCaller()).client, {})).status).toBe(202);
  });
});

describe('a key that is bound to networks', () => {
  test('is refused from elsewhere, whatever the caller writes into its headers', async () => {
    const { callerWith } = await setup();
    const here = (await callerWith({ sourceCidrs: ['127.0.0.0/8', '::1'] })).client;
    expect((await submit(here, {})).status).toBe(202);
    const elsewhere = (await callerWith({ sourceCidrs: ['203.0.113.0/24'] })).client;
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    const answer = await elsewhere.call('/v1/jobs', { body: bulkJob(), headers });
    expect([answer.status, answer.json()]).toMatchObject([403, { code: 'forbidden' }]);
    expect(textMember(answer.json(), 'detail')).toContain('127.0.0.1');
  });
});

test('a tenant has its record from its first key on', async () => {
  const { api } = await setup();
  await api.newKey('acme');
  await api.newKey('acme');
  const acme = tenantNamed('acme');
  expect(await api.store.tenants.list()).toMatchObject([
    { id: acme, status: 'active', version: 1 },
  ]);
  expect(await api.store.apiKeys.list(acme)).toHaveLength(2);
});

function patch(client: ApiClient, id: string, body: object) {
  const headers = { 'if-match': '*' };
  return client.call(`/v1/jobs/${id}`, { method: 'PATCH', body, headers });
}
