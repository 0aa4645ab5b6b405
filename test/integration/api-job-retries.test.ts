/** `POST /v1/jobs/{id}/retry`: an ended job is tried again as a new one. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createPayloadVault } from '@forebay/shared/payloads/payload-vault';
import { createDiskObjectStore } from '@forebay/shared/storage/disk-object-store';
import { createPlainSeal } from '@forebay/shared/storage/plain-seal';
import { describe, expect, test } from 'vitest';
import { type InProcessApi, startInProcessApi } from '../support/api-in-process.ts';
import { archiveJobs } from '../support/archive-jobs.ts';
import type { ApiClient } from '../support/http.ts';
import { answerJob, claimJob, endUnanswered, readRecord } from '../support/play-worker.ts';
import { textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { archiveIn } from '../support/store.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();
const config = twoModels
  .replaceAll('SIMULATOR', 'http://127.0.0.1:9')
  .replaceAll('context_window: 100000', 'context_window: 1000000\n    capabilities: [tools]');

const job = {
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 20, seed: 7 },
  priority: 'high',
  max_cost_usd: '0.25',
  timeout_seconds: 600,
  webhook: { url: 'http://127.0.0.1:9/hook', events: ['job.failed'] },
  risk_retries: 2,
  stream: true,
  metadata: { team: 'a' },
  user: 'u-1',
  custom_id: 'row-1',
};

async function setup() {
  const api = await startInProcessApi(redis().url, config);
  return { api, client: await api.client('dev') };
}

/** A job that was cancelled before it was sent. */
async function cancelled(client: ApiClient, request: unknown = job): Promise<string> {
  const { id } = await client.submit(request);
  await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
  return id;
}

function retry(client: ApiClient, id: string, call: { body?: unknown; headers?: object } = {}) {
  return client.call(`/v1/jobs/${id}/retry`, {
    method: 'POST',
    ...call,
    headers: { ...call.headers },
  });
}

async function retried(client: ApiClient, id: string, body: object): Promise<unknown> {
  const answer = await retry(client, id, { body });
  expect(answer.status).toBe(202);
  return answer.json();
}

/** The request as a worker gets it. */
async function bodyOf(api: InProcessApi, id: string): Promise<unknown> {
  const { tenant, id: jobId } = await readRecord(api, id);
  const packed = await api.store.jobs.readPayload({ tenant, id: jobId });
  const objects = createDiskObjectStore(join(api.dataDir, 'objects'));
  const vault = createPayloadVault({ seal: createPlainSeal(), objects });
  return vault.unpack({ tenant, job: jobId, field: 'payload' }, packed ?? new Uint8Array());
}

describe('a retry', () => {
  test('is a new job with the same request, and says whose', async () => {
    const { api, client } = await setup();
    const first = await cancelled(client);
    const before = await readRecord(api, first);
    const answer = await retry(client, first);
    expect(answer.status).toBe(202);
    const again = textMember(answer.json(), 'id');
    expect(answer.headers.get('location')).toBe(`/v1/jobs/${again}`);
    expect(answer.json()).toMatchObject({
      ...{ status: 'queued', version: 1, retry_of: first, requested_model: 'alpha', priority: 2 },
      ...{ metadata: { team: 'a' }, user: 'u-1', custom_id: 'row-1', stream: true, attempts: [] },
      webhook: { url: 'http://127.0.0.1:9/hook', events: ['job.failed'] },
      cost: { ceiling: '0.25', spent: '0' },
    });
    const record = await readRecord(api, again);
    expect({ ...record.spec, retryOf: undefined }).toEqual({ ...before.spec, retryOf: undefined });
    const leftMs = record.deadlineAtMs - record.createdAtMs;
    expect(Math.abs(leftMs - 600_000)).toBeLessThan(1_000);
    expect(await bodyOf(api, again)).toEqual(job.body);
    expect(await readRecord(api, first)).toEqual(before);
    await claimJob(api, again);
  });

  test('takes what the caller wants otherwise', async () => {
    const { client } = await setup();
    const first = await cancelled(client);
    const wanted = { model: 'beta', priority: 9, max_cost_usd: '0.5', timeout_seconds: 60 };
    const answer = await retry(client, first, { body: wanted });
    expect(answer.json()).toMatchObject({
      ...{ requested_model: 'beta', model: 'beta', priority: 9, cost: { ceiling: '0.5' } },
    });
    const listed = await retry(client, first, { body: { models: ['beta', 'alpha'] } });
    expect(listed.json()).toMatchObject({ requested_model: 'beta,alpha', model: 'beta' });
  });

  test('asks of its routing what the first did, something else, or nothing', async () => {
    const { api, client } = await setup();
    const routing = { strategy: 'cheapest', prefer: ['beta'] };
    const first = await cancelled(client, { ...job, routing });
    const wishesOf = async (body: object) => {
      const { spec } = await readRecord(api, textMember(await retried(client, first, body), 'id'));
      return spec.routing;
    };
    expect(await wishesOf({})).toMatchObject(routing);
    expect(await wishesOf({ routing: { min_quality: 0 } })).toEqual({ minQuality: 0 });
    expect(await wishesOf({ routing: {} })).toBeUndefined();
    const unknown = await retry(client, first, { body: { routing: { avoid: ['gama'] } } });
    expect(unknown.json()).toMatchObject({ status: 400, param: 'routing.avoid.0' });
  });

  test('says what follows a miss, and has a schema looked at that nobody asked about', async () => {
    const { api, client } = await setup();
    const schema = { type: 'object', properties: { a: { $ref: '#/nowhere' } } };
    const format = { type: 'function', function: { name: 'f', strict: true, parameters: schema } };
    const body = { ...job.body, tools: [format] };
    const first = await cancelled(client, { ...job, body, validation: { on_miss: 'accept' } });
    const { spec } = await readRecord(api, textMember(await retried(client, first, {}), 'id'));
    expect(spec.onMiss).toBe('accept');
    const strict = await retry(client, first, { body: { validation: { on_miss: 'fail' } } });
    const parameters = 'body.tools.0.function.parameters';
    expect(strict.json()).toMatchObject({ status: 400, param: `${parameters}.properties.a.$ref` });
    const plain = await cancelled(client);
    const wanted = await retried(client, plain, { validation: { on_miss: 'fail' } });
    expect((await readRecord(api, textMember(wanted, 'id'))).spec.onMiss).toBe('fail');
  });

  test('says which model had answered in vain, for what is learned of it', async () => {
    const { api, client } = await setup();
    const end = { to: 'failed', message: 'no JSON' } as const;
    const retriedOf = async (outcome: 'malformed_output' | 'cut') => {
      const { id } = await client.submit({ ...job, model: 'beta' });
      await claimJob(api, id);
      await endUnanswered(api, id, { ...end, outcome });
      const answer = await retry(client, id, { body: { model: 'alpha' } });
      return (await readRecord(api, textMember(answer.json(), 'id'))).spec.retriedModel;
    };
    expect(await retriedOf('malformed_output')).toBe('beta');
    expect(await retriedOf('cut')).toBeUndefined();
  });

  test('with a key makes one job, which it finds also when the first request is gone', async () => {
    const { api, client } = await setup();
    const [first, other] = [await cancelled(client), await cancelled(client)];
    const headers = { 'idempotency-key': 'again-1' };
    const one = await retry(client, first, { headers });
    const record = await readRecord(api, first);
    await api.store.client.del(api.store.keys.job(record.tenant, record.id).payload);
    const two = await retry(client, first, { headers, body: {} });
    expect(two.headers.get('idempotent-replayed')).toBe('true');
    expect(textMember(two.json(), 'id')).toBe(textMember(one.json(), 'id'));
    const mismatch = { status: 422, code: 'idempotency_mismatch' };
    for (const [id, body] of [
      [other, undefined],
      [first, { priority: 1 }],
    ] as const) {
      expect((await retry(client, id, { headers, body })).json()).toMatchObject(mismatch);
    }
  });

  test('is possible for a job that was archived, while its request is kept', async () => {
    const { api, client } = await setup();
    // Random text, because anything else would be compressed and stand in the store.
    const content = randomBytes(300_000).toString('base64');
    const large = { ...job, body: { messages: [{ role: 'user', content }] } };
    const first = await cancelled(client, { ...large, max_cost_usd: '5' });
    const record = await readRecord(api, first);
    await archiveJobs(api.store, archiveIn(join(api.dataDir, 'objects')), [record]);
    const answer = await retry(client, first);
    expect(answer.status).toBe(202);
    expect(await bodyOf(api, textMember(answer.json(), 'id'))).toEqual(large.body);
  });

  test('of a retry names the job that it was made from', async () => {
    const { client } = await setup();
    const second = textMember((await retry(client, await cancelled(client))).json(), 'id');
    await client.call(`/v1/jobs/${second}/cancel`, { method: 'POST' });
    expect((await retry(client, second)).json()).toMatchObject({ retry_of: second });
  });
});

describe('refused is the retry of', () => {
  test('a job that waits, runs or has its answer', async () => {
    const { api, client } = await setup();
    const { id } = await client.submit(job);
    const refusal = { status: 409, code: 'job_not_retryable' };
    expect((await retry(client, id)).json()).toMatchObject(refusal);
    await claimJob(api, id);
    expect((await retry(client, id)).json()).toMatchObject(refusal);
    await answerJob(api, id, { object: 'chat.completion' });
    const ended = (await retry(client, id)).json();
    expect(ended).toMatchObject(refusal);
    expect(textMember(ended, 'detail')).toContain('submit a new job');
  });

  test('a job whose request is not kept any more', async () => {
    const { api, client } = await setup();
    const id = await cancelled(client);
    const record = await readRecord(api, id);
    await api.store.client.del(api.store.keys.job(record.tenant, record.id).payload);
    expect((await retry(client, id)).json()).toMatchObject({ status: 410, code: 'request_gone' });
  });

  test.each([
    [{ model: 'alpha', models: ['beta'] }, 400, 'model'],
    [{ model: 'nobody' }, 400, 'model'],
    [{ body: {} }, 400, 'body'],
    [{ priority: null }, 400, 'priority'],
    [{ deadline_at: '2020-01-31T12:00:00Z' }, 400, 'deadline_at'],
    [{ max_cost_usd: '0.000001' }, 422, 'max_cost_usd'],
    ['no object', 400, ''],
  ])('a job with %j', async (body, status, param) => {
    const { client } = await setup();
    const id = await cancelled(client);
    const answer = await retry(client, id, { body: JSON.stringify(body) });
    expect(answer.json()).toMatchObject({ status, param });
  });
});
