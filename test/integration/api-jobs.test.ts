import { describe, expect, test } from 'vitest';
import { startInProcessApi } from '../support/api-in-process.ts';
import { answerJob, claimJob, readRecord } from '../support/play-worker.ts';
import { listMember, textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { twoModels } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const config = `${twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9')}
routes: {spread: {strategy: round-robin, targets: [alpha, beta]}}
`;

const job = {
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 20 },
};

async function setup() {
  const api = await startInProcessApi(redis().url, config);
  const client = await api.client('dev');
  return { api, client };
}

describe('POST /v1/jobs', () => {
  test('acknowledges a job with its object, its place and a hint', async () => {
    const { client } = await setup();
    const answer = await client.call('/v1/jobs', {
      body: { ...job, max_cost_usd: '0.25', priority: 'high', metadata: { team: 'a' } },
    });
    expect(answer.status).toBe(202);
    const body = answer.json();
    expect(body).toMatchObject({
      object: 'job',
      kind: 'chat.completions',
      status: 'queued',
      priority: 2,
      requested_model: 'alpha',
      model: 'alpha',
      metadata: { team: 'a' },
      attempts: [],
      result: null,
      error: null,
      cost: { ceiling: '0.25', spent: '0', unknown: '0', currency: 'USD' },
      output_cap: { tokens: 20, source: 'request' },
      route: { candidates: [{ model: 'alpha' }, { model: 'beta' }] },
    });
    const id = textMember(body, 'id');
    expect(answer.headers.get('location')).toBe(`/v1/jobs/${id}`);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(answer.headers.get('x-request-id')).toBeTruthy();
  });

  test('tells how many jobs are ahead, and until when one is scheduled', async () => {
    const { client } = await setup();
    const reasonOf = async (id: string) => (await client.call(`/v1/jobs/${id}`)).json();
    const first = await client.submit(job);
    const second = await client.submit(job);
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const later = await client.submit({ ...job, run_at: runAt });
    expect(await reasonOf(first.id)).toMatchObject({
      queue_position: 0,
      status_reason: { code: 'queued', text: 'waiting: 0 ahead on alpha' },
    });
    expect(await reasonOf(second.id)).toMatchObject({
      queue_position: 1,
      status_reason: { code: 'queued', text: 'waiting: 1 ahead on alpha' },
    });
    expect(await reasonOf(later.id)).toMatchObject({
      queue_position: null,
      status_reason: { code: 'scheduled', text: `scheduled until ${runAt}` },
    });
  });

  test('a round-robin route takes turns, which dry runs and refusals do not use up', async () => {
    const { client } = await setup();
    const spread = { ...job, model: 'spread' };
    const models: string[] = [];
    for (let index = 0; index < 10; index += 1) {
      await client.call('/v1/route', { body: spread });
      await client.call('/v1/jobs', { body: { ...spread, max_cost_usd: '0.0000001' } });
      models.push(textMember((await client.call('/v1/jobs', { body: spread })).json(), 'model'));
    }
    expect(models.filter((model) => model === 'alpha')).toHaveLength(5);
    expect(models.slice(0, 4)).toEqual(['alpha', 'beta', 'alpha', 'beta']);
  });

  test('reserves the worst case of the first candidate', async () => {
    const { api, client } = await setup();
    const { id } = await client.submit(job);
    const record = await readRecord(api, id);
    expect(record.money.reserved.toString()).toBe(record.plan.candidates[0]?.reservationNanoUsd);
    expect(record.money.reserved).toBeGreaterThan(0n);
  });

  test('a job for later is scheduled, holds no money and waits', async () => {
    const { api, client } = await setup();
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const { id, status } = await client.submit({ ...job, run_at: runAt, timeout_seconds: 60 });
    expect(status).toBe('scheduled');
    const record = await readRecord(api, id);
    expect(record.money.reserved).toBe(0n);
    expect(record.deadlineAtMs).toBe(Date.parse(runAt) + 60_000);
  });

  test.each([
    {
      name: 'an unknown model',
      change: { model: 'alfa' },
      status: 400,
      code: 'unknown_model',
      reason: 'unknown_model',
    },
    {
      name: 'a ceiling below every model',
      change: { max_cost_usd: '0.0000001' },
      status: 422,
      code: 'cost_ceiling_exceeded',
      reason: 'over_ceiling',
    },
    {
      name: 'a kind that no model serves',
      change: { kind: 'embeddings', body: { input: 'x' } },
      status: 422,
      code: 'no_eligible_model',
      reason: 'kind_not_served',
    },
  ])('refuses $name, tells why for each model and stores nothing', async (refusal) => {
    const { change, status, code, reason } = refusal;
    const { api, client } = await setup();
    const answer = await client.call('/v1/jobs', { body: { ...job, ...change } });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('x-should-retry')).toBe('false');
    const body = answer.json();
    expect(textMember(body, 'code')).toBe(code);
    expect(listMember(body, 'errors')).toContainEqual(expect.objectContaining({ code: reason }));
    expect(body).toMatchObject({ error: { code, type: 'invalid_request_error' } });
    const keys = await api.store.client.keys(`${api.store.namespace}:*:job:*`);
    expect(keys).toEqual([]);
  });

  test.each([
    ['a base URL in the body', { body: { ...job.body, base_url: 'http://x' } }, 'forbidden_field'],
    ['a body without messages', { body: {} }, 'invalid_request'],
    ['an unknown field', { prioritty: 1 }, 'invalid_request'],
    [
      'a public webhook without TLS, although loopback is allowed',
      { webhook: { url: 'http://example.com/x' } },
      'webhook_url_refused',
    ],
    [
      'a webhook into a private network',
      { webhook: { url: 'https://10.0.0.1/x' } },
      'webhook_url_refused',
    ],
  ])('refuses %s', async (_name, change, code) => {
    const { client } = await setup();
    const answer = await client.call('/v1/jobs', { body: { ...job, ...change } });
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ code });
  });

  test('Prefer: wait answers 200 with the result as soon as there is one', async () => {
    const { api, client } = await setup();
    let id = '';
    api.events.on('job.admitted', (fields) => {
      id = fields.job;
    });
    const answering = client.call('/v1/jobs', { body: job, headers: { prefer: 'wait=20' } });
    await waitUntil(() => id !== '', { what: 'the admission' });
    await claimJob(api, id);
    await answerJob(api, id, { choices: [] });
    const answer = await answering;
    expect(answer.status).toBe(200);
    expect(answer.headers.get('preference-applied')).toBe('wait=20');
    expect(answer.json()).toMatchObject({ id, status: 'succeeded', result: { choices: [] } });
  });

  test('Prefer: wait answers 202 with the job when its time is up', async () => {
    const { client } = await setup();
    const answer = await client.call('/v1/jobs', { body: job, headers: { prefer: 'wait=1' } });
    expect(answer.status).toBe(202);
    expect(answer.json()).toMatchObject({ status: 'queued' });
  });
});

describe('Idempotency-Key', () => {
  test('the same key fifty times in parallel makes one job', async () => {
    const { api, client } = await setup();
    const headers = { 'idempotency-key': 'order-17' };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => client.call('/v1/jobs', { body: job, headers })),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
    const ids = answers.map((answer) => textMember(answer.json(), 'id'));
    expect(new Set(ids).size).toBe(1);
    const fresh = answers.filter((answer) => !answer.headers.has('idempotent-replayed'));
    expect(fresh).toHaveLength(1);
    const keys = await api.store.client.keys(`${api.store.namespace}:*:job:*:payload`);
    expect(keys).toHaveLength(1);
  });

  test('another body under the same key is refused for good', async () => {
    const { client } = await setup();
    const headers = { 'idempotency-key': '"order-18"' };
    await client.submit(job, headers);
    const answer = await client.call('/v1/jobs', { body: { ...job, priority: 1 }, headers });
    expect(answer.status).toBe(422);
    expect(answer.json()).toMatchObject({ code: 'idempotency_mismatch' });
    expect(answer.headers.get('x-should-retry')).toBe('false');
  });

  test('a replay of a job that has ended gives 200 with its result', async () => {
    const { api, client } = await setup();
    const headers = { 'idempotency-key': 'order-19' };
    const { id } = await client.submit(job, headers);
    await claimJob(api, id);
    await answerJob(api, id, { choices: [1] });
    const answer = await client.call('/v1/jobs', { body: job, headers });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('idempotent-replayed')).toBe('true');
    expect(answer.json()).toMatchObject({ id, result: { choices: [1] } });
  });

  test('a replay finds its job although its deadline has passed since', async () => {
    const { client } = await setup();
    const headers = { 'idempotency-key': 'order-20' };
    const deadline = new Date(Date.now() + 700).toISOString();
    const body = { ...job, deadline_at: deadline };
    const { id } = await client.submit(body, headers);
    await waitUntil(() => Date.now() > Date.parse(deadline), { what: 'the deadline' });
    expect((await client.submit(body, headers)).id).toBe(id);
  });

  test.each([
    ['the same body', {}],
    ['another body', { priority: 1 }],
  ])('a key whose job has left the store is free again, for %s', async (_, change) => {
    const { api, client } = await setup();
    const headers = { 'idempotency-key': 'order-22' };
    const { id } = await client.submit(job, headers);
    const [key = ''] = await api.store.client.keys(`${api.store.namespace}*:job:*:${id}`);
    await api.store.client.del(key);
    const answer = await client.call('/v1/jobs', { body: { ...job, ...change }, headers });
    expect(answer.status).toBe(202);
    expect(answer.headers.has('idempotent-replayed')).toBe(false);
    expect(textMember(answer.json(), 'id')).not.toBe(id);
  });

  test('two tenants may use the same key', async () => {
    const { api, client } = await setup();
    const other = await api.client('acme');
    const headers = { 'idempotency-key': 'order-21' };
    const [mine, theirs] = [await client.submit(job, headers), await other.submit(job, headers)];
    expect(theirs.id).not.toBe(mine.id);
  });

  test('a repeated header and an empty one are refused', async () => {
    const { client } = await setup();
    const answer = await client.call('/v1/jobs', {
      body: job,
      headers: { 'idempotency-key': '""' },
    });
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'invalid_idempotency_key' });
  });
});

describe('GET /v1/jobs/{id}', () => {
  test('gives 304 while the version is the one that the caller knows', async () => {
    const { api, client } = await setup();
    const { id } = await client.submit(job);
    const first = await client.call(`/v1/jobs/${id}`);
    const etag = first.headers.get('etag') ?? '';
    const headers = { 'if-none-match': etag };
    const same = await client.call(`/v1/jobs/${id}`, { headers });
    expect([same.status, same.text]).toEqual([304, '']);
    await claimJob(api, id);
    const changed = await client.call(`/v1/jobs/${id}`, { headers });
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).not.toBe(etag);
    expect(changed.json()).toMatchObject({ status: 'running' });
  });

  test('a long poll is woken by the end of the job', async () => {
    const { api, client } = await setup();
    const { id } = await client.submit(job);
    await claimJob(api, id);
    const polls = [0, 1, 2].map(() => client.call(`/v1/jobs/${id}?wait=30`));
    const started = performance.now();
    await waitUntil(async () => (await waiterCount(api.adminUrl)) === 3, { what: 'three waiters' });
    await answerJob(api, id, { choices: [] });
    for (const answer of await Promise.all(polls)) {
      expect(answer.json()).toMatchObject({ status: 'succeeded', result: { choices: [] } });
    }
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('a long poll with a known version is woken by any change', async () => {
    const { api, client } = await setup();
    const { id } = await client.submit(job);
    const { headers } = await client.call(`/v1/jobs/${id}`);
    const poll = client.call(`/v1/jobs/${id}?wait=30`, {
      headers: { 'if-none-match': headers.get('etag') ?? '' },
    });
    await waitUntil(async () => (await waiterCount(api.adminUrl)) === 1, { what: 'a waiter' });
    await claimJob(api, id);
    expect((await poll).json()).toMatchObject({ status: 'running' });
  });

  test('a long poll ends with the current job when its time is up', async () => {
    const { client } = await setup();
    const { id } = await client.submit(job);
    const answer = await client.call(`/v1/jobs/${id}?wait=1`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('retry-after')).toBeTruthy();
    expect(answer.json()).toMatchObject({ status: 'queued', queue_position: expect.any(Number) });
  });

  test('a stop answers who waits', async () => {
    const { api, client } = await setup();
    const { id } = await client.submit(job);
    const poll = client.call(`/v1/jobs/${id}?wait=50`);
    await waitUntil(async () => (await waiterCount(api.adminUrl)) === 1, { what: 'a waiter' });
    await api.stop();
    expect((await poll).json()).toMatchObject({ status: 'queued' });
  });
});

describe('POST /v1/jobs/{id}/cancel', () => {
  test('ends a waiting job at once and gives its money back', async () => {
    const { api, client } = await setup();
    const { id } = await client.submit(job);
    const answer = await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ status: 'cancelled', cost: { reserved: '0' } });
    const again = await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
    expect(again.json()).toMatchObject({ id, status: 'cancelled' });
    const place = await api.store.lanes.live('alpha', []);
    expect(place.waiting).toBe(0);
  });

  test('asks the worker of a running job', async () => {
    const { api, client } = await setup();
    const { id } = await client.submit(job);
    await claimJob(api, id);
    for (let round = 0; round < 2; round += 1) {
      const answer = await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
      expect(answer.status).toBe(200);
      expect(answer.json()).toMatchObject({ status: 'cancelling' });
    }
  });

  test('ends a scheduled job, and leaves one that has ended as it is', async () => {
    const { api, client } = await setup();
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const scheduled = await client.submit({ ...job, run_at: runAt });
    const first = await client.call(`/v1/jobs/${scheduled.id}/cancel`, { method: 'POST' });
    expect(first.json()).toMatchObject({ status: 'cancelled' });
    const { id } = await client.submit(job);
    await claimJob(api, id);
    await answerJob(api, id, {});
    const second = await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
    expect([second.status, second.json()]).toMatchObject([200, { status: 'succeeded' }]);
  });
});

/** Callers that wait right now, from the metrics. */
async function waiterCount(adminUrl: string): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return Number(/^forebay_job_waiters (\d+)$/m.exec(text)?.[1]);
}
