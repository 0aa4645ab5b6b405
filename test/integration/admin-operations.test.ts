import { type JobId, parseJobId } from '@forebay/shared/domain/ids';
import { isRecord } from '@forebay/shared/domain/job';
import { newOperationId } from '@forebay/shared/domain/operation';
import { describe, expect, test } from 'vitest';
import { type InProcessApi, startInProcessApi } from '../support/api-in-process.ts';
import { startForebay } from '../support/forebay.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { operationOf } from '../support/operation-of.ts';
import { listMember, textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { tenantNamed, testTenant, useStore } from '../support/store.ts';
import { twoModels } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');
const path = '/admin/v1/operations';

function jobOf(model: string, changes: object = {}): object {
  const body = { messages: [{ role: 'user', content: 'Say hello.' }] };
  return { kind: 'chat.completions', model, body, ...changes };
}

async function submit(client: ApiClient, count: number, job: object): Promise<readonly string[]> {
  const made = await Promise.all(Array.from({ length: count }, () => client.submit(job)));
  return made.map(({ id }) => id);
}

async function begin(operator: ApiClient, body: object): Promise<string> {
  const answer = await operator.call(path, { body });
  expect(answer.status, answer.text).toBe(202);
  const id = textMember(answer.json(), 'id');
  expect(answer.headers.get('location')).toBe(`${path}/${id}`);
  return id;
}

/** The operation as it has ended. */
async function ended(operator: ApiClient, id: string): Promise<unknown> {
  return waitUntil(
    async () => {
      const operation = (await operator.call(`${path}/${id}`)).json();
      return textMember(operation, 'status') !== 'running' && operation;
    },
    { what: `operation ${id} to end` },
  );
}

async function statesOf(client: ApiClient, ids: readonly string[]): Promise<readonly string[]> {
  const jobs = await Promise.all(ids.map((id) => client.read(id)));
  return jobs.map(({ status }) => status);
}

function jobIdIn(job: unknown): JobId {
  return parseJobId(textMember(job, 'id')) ?? expect.fail('a job has an id');
}

async function setup(): Promise<{ api: InProcessApi; client: ApiClient; operator: ApiClient }> {
  const api = await startInProcessApi(redis().url, config);
  return { api, client: await api.client('acme'), operator: api.operator() };
}

describe('an operation', () => {
  test('cancels every job that fits its filter and no other', async () => {
    const { api, client, operator } = await setup();
    const wanted = await submit(client, 120, jobOf('alpha'));
    const others = [
      ...(await submit(client, 2, jobOf('beta'))),
      ...(await submit(await api.client('dev'), 2, jobOf('alpha'))),
    ];
    const filter = { tenant: 'acme', model: 'alpha' };
    const id = await begin(operator, { action: 'cancel', filter });
    expect(await ended(operator, id)).toMatchObject({
      object: 'operation',
      status: 'done',
      counts: { matched: 120, done: 120, skipped: 0, failed: 0 },
      failures: [],
      created_by: 'configured-key',
    });
    expect(new Set(await statesOf(client, wanted))).toEqual(new Set(['cancelled']));
    expect(await statesOf(client, others.slice(0, 2))).toEqual(['queued', 'queued']);
    expect(await statesOf(await api.client('dev'), others.slice(2))).toEqual(['queued', 'queued']);
    const [newest] = listMember((await operator.call('/admin/v1/audit')).json(), 'data');
    const target = `tenant:acme/operation:${id}`;
    expect(newest).toMatchObject({ action: 'operation.cancel', target, outcome: 'done' });
  });

  test('gives jobs another priority, and leaves what has ended', async () => {
    const { client, operator } = await setup();
    const ids = await submit(client, 6, jobOf('alpha', { priority: 'bulk' }));
    const [first = ''] = ids;
    await client.call(`/v1/jobs/${first}/cancel`, { method: 'POST' });
    const filter = { tenant: 'acme', state: ['queued', 'running'] };
    const id = await begin(operator, { action: 'reprioritise', priority: 'high', filter });
    expect(await ended(operator, id)).toMatchObject({ counts: { matched: 5, done: 5 } });
    const jobs = await Promise.all(ids.map((job) => client.read(job)));
    expect(jobs.map(({ raw }) => raw['priority'])).toEqual([9, 2, 2, 2, 2, 2]);
  });

  test('retries ended jobs once each, as new jobs of the same key', async () => {
    const { api, client, operator } = await setup();
    const ids = await submit(client, 4, jobOf('alpha'));
    for (const id of ids) await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
    const body = { action: 'retry', filter: { tenant: 'acme', state: 'cancelled' } };
    const id = await begin(operator, body);
    expect(await ended(operator, id)).toMatchObject({ counts: { matched: 4, done: 4 } });
    const queued = await client.call('/v1/jobs?status=queued');
    const again = listMember(queued.json(), 'data');
    expect(again.map((job) => textMember(job, 'retry_of')).toSorted()).toEqual(ids.toSorted());
    const tenant = tenantNamed('acme');
    const refs = again.map((job) => ({ tenant, id: jobIdIn(job) }));
    const records = await api.store.jobs.readMany(refs);
    const payers = records.map((record) => isRecord(record) && record.spec.keyId);
    expect(new Set(payers).size).toBe(1);
    expect(payers[0]).toMatch(/^\w{12}$/);
  });

  test('tells which jobs it failed on and why', async () => {
    const { api, client, operator } = await setup();
    const [id = ''] = await submit(client, 1, jobOf('alpha'));
    await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
    const [key = ''] = await api.store.client.keys(`*:${id}:payload`);
    await api.store.client.del(key);
    const operation = await begin(operator, { action: 'retry', filter: { tenant: 'acme' } });
    expect(await ended(operator, operation)).toMatchObject({
      status: 'done',
      counts: { matched: 1, done: 0, skipped: 0, failed: 1 },
      failures: [{ job_id: id, code: 'request_gone' }],
    });
  });

  test('finds jobs of a bulk call, of a time, and no tenant that is not there', async () => {
    const { api, client, operator } = await setup();
    const lines = [jobOf('alpha'), jobOf('alpha')].map((job) => `${JSON.stringify(job)}\n`);
    const bulk = await client.call('/v1/jobs:bulk', {
      body: lines.join(''),
      headers: { 'content-type': 'application/x-ndjson' },
    });
    const batch = bulk.headers.get('forebay-batch-id');
    const [other = ''] = await submit(client, 1, jobOf('alpha'));
    const count = async (filter: object): Promise<unknown> => {
      const id = await begin(operator, {
        action: 'reprioritise',
        priority: 1,
        filter: { tenant: 'acme', ...filter },
      });
      return ended(operator, id);
    };
    expect(await count({ batch_id: batch })).toMatchObject({ counts: { matched: 2 } });
    const madeAt = (await client.read(other)).raw['created_at'];
    expect(await count({ created_from: madeAt })).toMatchObject({ counts: { matched: 1 } });
    expect(await count({ created_before: madeAt })).toMatchObject({ counts: { matched: 2 } });
    const before = await api.store.operations.list(10);
    const filter = { tenant: 'nobody' };
    const answer = await operator.call(path, { body: { action: 'cancel', filter } });
    expect([answer.status, textMember(answer.json(), 'code')]).toEqual([404, 'not_found']);
    expect(await api.store.operations.list(10)).toEqual(before);
  });

  test('that is cancelled touches no further jobs, and its counts stay true', async () => {
    const { api, client, operator } = await setup();
    const ids = await submit(client, 3, jobOf('alpha'));
    // Cancelled between its first page and the jobs of this page.
    const operation = operationOf('cancel', ids.slice(0, 1));
    await api.store.operations.create({ ...operation, cancelRequested: true });
    const { id } = operation;
    const over = await ended(operator, id);
    const counts = { matched: 1, done: 1, skipped: 0, failed: 0 };
    expect(over).toMatchObject({ status: 'cancelled', cancel_requested: true, counts });
    expect(await statesOf(client, ids)).toEqual(['cancelled', 'queued', 'queued']);
    const again = await operator.call(`${path}/${id}/cancel`, { method: 'POST' });
    expect([again.status, again.json()]).toEqual([200, over]);
  });

  test('skips a job that has gone another way since it was found', async () => {
    const { api, client, operator } = await setup();
    const ids = await submit(client, 2, jobOf('alpha'));
    const [deleted = '', waiting = ''] = ids;
    await client.call(`/v1/jobs/${deleted}/cancel`, { method: 'POST' });
    await client.call(`/v1/jobs/${deleted}`, { method: 'DELETE' });
    const retry = operationOf('retry', ids);
    await api.store.operations.create({ ...retry, isListed: true });
    const counts = { matched: 2, done: 0, skipped: 2, failed: 0 };
    expect(await ended(operator, retry.id)).toMatchObject({ status: 'done', counts });
    expect((await client.read(waiting)).status).toBe('queued');
  });

  test.each([
    [{}, 'action'],
    [{ action: 'delete', filter: { tenant: 'acme' } }, 'action'],
    [{ action: 'cancel', filter: {} }, 'filter.tenant'],
    [{ action: 'cancel', filter: { tenant: 'No Tenant' } }, 'filter.tenant'],
    [{ action: 'cancel', filter: { tenant: 'acme', state: 'failed' } }, 'filter.state'],
    [{ action: 'retry', filter: { tenant: 'acme', state: 'succeeded' } }, 'filter.state'],
    [{ action: 'cancel', filter: { tenant: 'acme', states: 'queued' } }, 'filter.states'],
    [{ action: 'reprioritise', filter: { tenant: 'acme' } }, 'priority'],
    [{ action: 'cancel', priority: 1, filter: { tenant: 'acme' } }, 'priority'],
    [
      { action: 'cancel', filter: { tenant: 'acme', created_from: 'monday' } },
      'filter.created_from',
    ],
  ])('is not made of %j', async (body, param) => {
    const { api, operator } = await setup();
    const answer = await operator.call(path, { body });
    expect([answer.status, textMember(answer.json(), 'param')]).toEqual([400, param]);
    expect(await api.store.operations.list(10)).toEqual([]);
  });

  test('that is missing is not found, and all are listed', async () => {
    const { operator } = await setup();
    for (const id of [newOperationId(), 'op_1', '%00']) {
      expect((await operator.call(`${path}/${id}`)).status).toBe(404);
      const cancel = await operator.call(`${path}/${id}/cancel`, { method: 'POST' });
      expect(cancel.status).toBe(404);
    }
    const made: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      made.unshift(await begin(operator, { action: 'cancel', filter: { tenant: 'acme' } }));
    }
    const page = listMember((await operator.call(`${path}?limit=2`)).json(), 'data');
    expect(page.map((operation) => textMember(operation, 'id'))).toEqual(made.slice(0, 2));
  });
});

describe('an operation whose process is killed', () => {
  test.each([
    ['cancel', 'api.after-operation-job:20'],
    ['retry', 'api.before-operation-count:1'],
  ])(
    'goes on in another one, and %s counts each job once, after %s',
    async (action, point) => {
      const forebay = await startForebay({ redisUrl: redis().url, config: twoModels });
      const store = await useStore(redis().url, { namespace: forebay.namespace });
      const dying = await forebay.startApi({ FOREBAY_CRASH_AT: point });
      const client = createApiClient({ url: dying.url, key: forebay.apiKey });
      const ids = await submit(client, 60, jobOf('alpha'));
      if (action === 'retry') {
        for (const id of ids) await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
      }
      const first = createApiClient({ url: dying.adminUrl, key: forebay.adminKey });
      const id = await begin(first, { action, filter: { tenant: 'dev' } });
      expect((await dying.process.exited).signal).toBe('SIGKILL');
      const successor = await forebay.startApi();
      const operator = createApiClient({ url: successor.adminUrl, key: forebay.adminKey });
      expect(await ended(operator, id)).toMatchObject({
        status: 'done',
        counts: { matched: 60, done: 60, skipped: 0, failed: 0 },
      });
      const totals = await store.client.hgetall(store.keys.totals(store.keys.shardOf(testTenant)));
      expect(Number(totals['admitted'])).toBe(action === 'retry' ? 120 : 60);
      expect(Number(totals['cancelled'])).toBe(60);
    },
    60_000,
  );
});
