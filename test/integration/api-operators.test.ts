import { modelQueueName } from '@forebay/shared/queue/queue-names';
import { queuePrefix } from '@forebay/shared/redis/keys';
import { describe, expect, test } from 'vitest';
import { type InProcessApi, startInProcessApi } from '../support/api-in-process.ts';
import { listMember, textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { twoModels } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');
const job = {
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: 'canary-prompt' }] },
};

function basic(user: string, key: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${user}:${key}`).toString('base64')}` };
}

async function askAdmin(api: InProcessApi, path: string, init: RequestInit = {}) {
  return fetch(`${api.adminUrl}${path}`, { redirect: 'manual', ...init });
}

describe('Bull Board', () => {
  test('shows nothing without the credentials of an operator', async () => {
    const api = await startInProcessApi(redis().url, config);
    const key = await api.newKey('dev');
    const attempts = [
      {},
      basic('admin', 'wrong-key-of-this-test'),
      basic('root', api.adminKey),
      basic('admin', ''),
      { authorization: `Bearer ${api.adminKey}` },
      { authorization: `Bearer ${key}` },
    ];
    for (const path of ['/board', '/board/', '/board/api/queues', '/board/static/x.js']) {
      for (const headers of attempts) {
        const answer = await askAdmin(api, path, { headers });
        expect(answer.status, path).toBe(401);
        expect(answer.headers.get('www-authenticate')).toMatch(/^Basic/);
      }
    }
  });

  test('lists every model queue and the webhook queue, read-only, without prompts', async () => {
    const api = await startInProcessApi(redis().url, config);
    const client = await api.client('dev');
    await client.submit(job);
    const headers = basic('admin', api.adminKey);
    const page = await askAdmin(api, '/board/', { headers });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const name = modelQueueName('alpha');
    const query = `?activeQueue=${name}&page=1&jobsPerPage=10&status=latest`;
    const answer = await askAdmin(api, `/board/api/queues${query}`, { headers });
    const text = await answer.text();
    const queues = listMember(JSON.parse(text), 'queues');
    expect(queues.map((queue) => textMember(queue, 'name')).sort()).toEqual(
      [modelQueueName('alpha'), modelQueueName('beta'), 'webhooks'].sort(),
    );
    for (const queue of queues) expect(queue).toMatchObject({ readOnlyMode: true });
    const active = queues.find((queue) => textMember(queue, 'name') === name);
    expect(listMember(active, 'jobs')).toMatchObject([
      { data: { tenant: 'dev', requestedModel: 'alpha', attempt: 1 } },
    ]);
    expect(text).not.toContain('canary');
  });

  test('refuses every way to write', async () => {
    const api = await startInProcessApi(redis().url, config);
    const headers = basic('admin', api.adminKey);
    const queue = `/board/api/queues/${modelQueueName('alpha')}`;
    const writes = [
      ['PUT', `${queue}/pause`],
      ['PUT', `${queue}/resume`],
      ['PUT', `${queue}/empty`],
      ['PUT', `${queue}/obliterate`],
      ['PUT', `${queue}/clean/completed`],
      ['PUT', `${queue}/retry/failed`],
      ['PUT', `${queue}/promote`],
      ['POST', `${queue}/add`],
      ['PATCH', `${queue}/1/update-data`],
      ['PUT', `${queue}/1/clean`],
      ['PUT', '/board/api/queues/pause'],
      ['POST', '/board/anything'],
      ['DELETE', '/board/'],
    ] as const;
    for (const [method, path] of writes) {
      const answer = await askAdmin(api, path, { method, headers });
      expect(answer.status, `${method} ${path}`).toBe(405);
      expect((await askAdmin(api, path, { method })).status).toBe(401);
    }
  });
});

describe('figures', () => {
  test('count requests by route template and jobs by outcome, and name no tenant', async () => {
    const api = await startInProcessApi(redis().url, config);
    const client = await api.client('acme-corp');
    const { id } = await client.submit(job);
    await client.read(id);
    const answer = await askAdmin(api, '/metrics');
    const text = await answer.text();
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    const series = 'forebay_http_requests_total{method="GET",route="/v1/jobs/:id",status="200"} 1';
    expect(text).toContain(series);
    expect(text).toContain('forebay_intake_total{outcome="job.admitted"} 1');
    expect(text).toContain('forebay_jobs_admitted_total{model="alpha",class="normal"} 1');
    expect(text).toContain('forebay_intake_seconds_count 1');
    expect(text).toMatch(/^forebay_config_info\{version="\w+"\} 1$/m);
    expect(text).toMatch(/^forebay_event_loop_lag_seconds \d/m);
    expect(text).not.toContain('acme');
    expect(text).not.toContain(id);
  });
});

describe('when the store is in trouble', () => {
  test('intake answers in time that it does not know, and heals by itself', async () => {
    const api = await startInProcessApi(redis().url, config);
    const client = await api.client('dev');
    await client.submit(job);
    const { server } = redis();
    process.kill(server.pid, 'SIGSTOP');
    try {
      const started = performance.now();
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => client.call('/v1/jobs', { body: job })),
      );
      expect(performance.now() - started).toBeLessThan(3_000);
      for (const answer of answers) {
        expect(answer.status).toBe(503);
        expect(answer.json()).toMatchObject({ code: 'store_unavailable' });
        expect(answer.text).toMatch(/same Idempotency-Key/);
        expect(answer.headers.get('retry-after')).toBeTruthy();
      }
      const ready = await fetch(`${api.url}/readyz`);
      expect(ready.status).toBe(503);
      expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    const isReady = async (): Promise<boolean> => (await fetch(`${api.url}/readyz`)).ok;
    await waitUntil(isReady, { what: 'readiness', timeoutMs: 30_000 });
    await client.submit(job);
  });

  test('a job whose ticket cannot be placed is acknowledged all the same', async () => {
    const api = await startInProcessApi(redis().url, config);
    const client = await api.client('dev');
    const failures: string[] = [];
    api.events.on('ticket.placement_failed', (fields) => failures.push(fields.job));
    const name = modelQueueName('alpha');
    // A key of the wrong type makes every script of this queue fail.
    await api.store.client.set(
      `${queuePrefix(api.store.namespace, name)}:${name}:prioritized`,
      'x',
    );
    const { id, status } = await client.submit(job);
    expect(status).toBe('queued');
    expect(failures).toEqual([id]);
    expect((await client.read(id)).status).toBe('queued');
  });

  test('readiness tells about the store and the catalogue', async () => {
    const api = await startInProcessApi(redis().url, config);
    expect(await (await fetch(`${api.url}/readyz`)).json()).toMatchObject({
      status: 'ready',
      store: 'ok',
      draining: false,
      catalog_version: expect.any(String),
    });
  });
});
