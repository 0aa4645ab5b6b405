import { readFileSync } from 'node:fs';
import type { Route } from '@forebay/api/http/route-table';
import { newJobId } from '@forebay/shared/domain/ids';
import { makeApiKey } from '@forebay/shared/keys/api-key';
import { keyScopes } from '@forebay/shared/ports/key-store';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../scripts/bootstrap.mjs';
import { type InProcessApi, startInProcessApi } from '../support/api-in-process.ts';
import { createApiClient } from '../support/http.ts';
import { listMember, textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { sampleJob as job, sampleBodies } from '../support/route-samples.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');
/** Every route that needs a key, with a body that its schema takes. */
function keyedCalls(api: InProcessApi) {
  const keyed = api.routes.filter((route) => route.scope !== 'open');
  expect(keyed.length).toBeGreaterThanOrEqual(5);
  return keyed.map((route) => ({
    route,
    path: route.path.replace('/:id', `/${newJobId()}`).replace('\\:', ':'),
    call: {
      method: route.method,
      ...(route.requestSchema === 'none' ? {} : { body: sampleBodies[route.requestSchema] }),
      headers: {
        'if-match': '*',
        ...(route.input === 'stream' ? { 'content-type': 'application/x-ndjson' } : {}),
      },
    },
  }));
}

describe('every route of the table', () => {
  test('declares scope, limits, audit class and summary', async () => {
    const api = await startInProcessApi(redis().url, config);
    for (const route of api.routes) {
      expect([...keyScopes, 'open']).toContain(route.scope);
      expect(['none', 'read', 'write']).toContain(route.audit);
      expect(route.limits.bodyBytesMax > 0).toBe(route.requestSchema !== 'none');
      expect(route.summary).not.toBe('');
    }
  });

  test('stands on the page of routes', async () => {
    const api = await startInProcessApi(redis().url, config);
    const page = readFileSync(`${repositoryRoot}/docs/routes.md`, 'utf8');
    const shown = ({ method, path }: Route) =>
      `| \`${method} ${path.replaceAll(/(?<!\\):(\w+)/g, '{$1}').replaceAll('\\:', ':')}\` |`;
    expect(api.routes.map(shown).filter((text) => !page.includes(text))).toEqual([]);
  });

  test('refuses a missing, malformed, unknown, foreign or repeated key alike', async () => {
    const api = await startInProcessApi(redis().url, config);
    const good = await api.newKey('dev');
    const wrong = [
      undefined,
      '',
      good,
      `Basic ${good}`,
      'Bearer ',
      `Bearer ${good.slice(0, -1)}x`,
      `Bearer ${makeApiKey('tenant', 'test').text}`,
      `Bearer ${makeApiKey('admin', 'test').text}`,
      `Bearer ${api.adminKey}`,
      `Bearer ${'x'.repeat(10_000)}`,
      `Bearer ${good}, Bearer ${good}`,
      `Bearer ' OR 1=1 --`,
    ];
    for (const { path, call } of keyedCalls(api)) {
      const details = new Set<string>();
      for (const authorization of wrong) {
        const headers = authorization === undefined ? {} : { authorization };
        const answer = await createApiClient({ url: api.url }).call(path, { ...call, headers });
        expect(answer.status, `${path} with ${authorization?.slice(0, 40)}`).toBe(401);
        expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
        details.add(textMember(answer.json(), 'detail'));
      }
      expect(details.size).toBe(1);
    }
  });

  test('refuses a key without its scope and serves one with it', async () => {
    const api = await startInProcessApi(redis().url, config);
    for (const { route, path, call } of keyedCalls(api)) {
      const others = keyScopes.filter((scope) => scope !== route.scope);
      const without = await api.client('dev', others);
      expect((await without.call(path, call)).status, path).toBe(403);
      const only = await api.client(
        'dev',
        keyScopes.filter((scope) => scope === route.scope),
      );
      expect([200, 201, 202, 204, 404], path).toContain((await only.call(path, call)).status);
    }
  });

  test('answers other methods with 405 and what it takes', async () => {
    const api = await startInProcessApi(redis().url, config);
    const client = await api.client('dev');
    for (const { route, path } of keyedCalls(api)) {
      const takesPut = api.routes.some((each) => each.path === route.path && each.method === 'PUT');
      const answer = await client.call(path, { method: takesPut ? 'PATCH' : 'PUT' });
      expect(answer.status, path).toBe(405);
      expect(answer.headers.get('allow')).toContain(route.method);
      const options = await client.call(path, { method: 'OPTIONS' });
      expect([options.status, options.text]).toEqual([204, '']);
    }
  });

  test('shows a foreign job, a missing one and a misspelt id as the same 404', async () => {
    const api = await startInProcessApi(redis().url, config);
    const mine = await api.client('dev');
    const theirs = await api.client('acme');
    const { id } = await mine.submit(job);
    for (const { path, call } of keyedCalls(api).filter(({ route }) =>
      route.path.includes(':id'),
    )) {
      const of = (text: string): string => path.replace(/job_[^/]+/, text);
      const details = new Set<string>();
      for (const text of [id, newJobId(), 'job_x', '..', 'a%00b']) {
        const answer = await theirs.call(of(text), call);
        expect(answer.status).toBe(404);
        if (text !== '..') details.add(textMember(answer.json(), 'detail'));
      }
      expect(details.size).toBe(1);
    }
    expect((await mine.read(id)).status).toBe('queued');
  });
});

describe('the public listener', () => {
  test('serves nothing that is not in the table', async () => {
    const api = await startInProcessApi(redis().url, config);
    const client = await api.client('dev');
    for (const path of ['/', '/metrics', '/board', '/v1/jobs/', '/V1/jobs', '/v1/jobs/x/y']) {
      const answer = await client.call(path);
      expect(answer.status, path).toBe(404);
      expect(answer.json()).toMatchObject({ error: { code: 'not_found' } });
    }
    expect((await client.call('/v1/jobs/%E0%A4%A')).status).toBe(400);
  });

  test('answers HEAD like GET without a body', async () => {
    const api = await startInProcessApi(redis().url, config);
    const client = await api.client('dev');
    const answer = await client.call('/v1/models', { method: 'HEAD' });
    expect([answer.status, answer.text]).toEqual([200, '']);
  });

  test('keeps a harmless request id and replaces any other', async () => {
    const api = await startInProcessApi(redis().url, config);
    const client = await api.client('dev');
    const idFor = async (id: string): Promise<string | null> =>
      (await client.call('/v1/models', { headers: { 'x-request-id': id } })).headers.get(
        'x-request-id',
      );
    expect(await idFor('trace-12345678')).toBe('trace-12345678');
    expect(await idFor('<script>alert(1)</script>')).toMatch(/^req_/);
  });

  test('sends strict headers and none that tells what it runs on', async () => {
    const api = await startInProcessApi(redis().url, config);
    const { headers } = await fetch(`${api.url}/healthz`);
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('lists models and routes in the OpenAI form', async () => {
    const api = await startInProcessApi(redis().url, `${config}\n${autoRoute}`);
    const client = await api.client('dev');
    const list = (await client.call('/v1/models')).json();
    expect(textMember(list, 'object')).toBe('list');
    expect(listMember(list, 'data')).toMatchObject([
      { id: 'alpha', object: 'model', owned_by: 'forebay' },
      { id: 'beta' },
      { id: 'auto', strategy: 'cheapest', targets: ['alpha', 'beta'] },
    ]);
  });

  test('a dry run shows the plan and stores nothing', async () => {
    const api = await startInProcessApi(redis().url, `${config}\n${autoRoute}`);
    const client = await api.client('dev');
    const answer = await client.call('/v1/route', { body: { ...job, model: 'auto' } });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({
      route: { requested: 'auto', strategy: 'cheapest', candidates: [{ model: 'alpha' }, {}] },
    });
    expect(await api.store.client.keys(`${api.store.namespace}:*:job:*`)).toEqual([]);
  });
});

describe('limits of a body', () => {
  const big = (bytes: number) => ({
    ...job,
    body: { messages: [{ role: 'user', content: 'x'.repeat(bytes) }] },
  });

  test('a body up to the limit is taken, a larger one is 413', async () => {
    const api = await startInProcessApi(redis().url, config);
    const client = await api.client('dev');
    const max = api.routes.find((route) => route.path === '/v1/jobs')?.limits.bodyBytesMax ?? 0;
    const fits = big(max - JSON.stringify(big(0)).length);
    expect((await client.call('/v1/jobs', { body: fits })).status).not.toBe(413);
    const over = await client.call('/v1/jobs', { body: big(max) });
    expect(over.status).toBe(413);
    expect(over.json()).toMatchObject({ code: 'body_too_large' });
  });

  test('a stream without a length is cut at the limit', async () => {
    const api = await startInProcessApi(redis().url, config);
    const key = await api.newKey('dev');
    let sentBytes = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sentBytes += 65_536;
        if (sentBytes > 200 * 1024 * 1024) controller.close();
        else controller.enqueue(new Uint8Array(65_536).fill(0x20));
      },
    });
    const init = { method: 'POST', body, duplex: 'half' as const };
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    // The server may close the connection before the client has read the reply.
    const status = await fetch(`${api.url}/v1/jobs`, { ...init, headers }).then(
      (response) => response.status,
      () => 413,
    );
    expect(status).toBe(413);
    expect(sentBytes).toBeLessThan(50 * 1024 * 1024);
  });

  test('images raise the limit of a model that takes them, for bodies that have some', async () => {
    const images = 'image_tokens_max: 1000\n    capabilities: [vision]';
    const withImages = config.replaceAll(
      'default_output_tokens: 200',
      `default_output_tokens: 200\n    ${images}`,
    );
    const api = await startInProcessApi(redis().url, withImages);
    const client = await api.client('dev');
    const answer = await client.call('/v1/jobs', { body: big(2 * 1024 * 1024) });
    expect(answer.status).toBe(413);
    const image = `data:image/png;base64,${'A'.repeat(2 * 1024 * 1024)}`;
    const content = [{ type: 'image_url', image_url: { url: image } }];
    const body = { ...job, body: { messages: [{ role: 'user', content }] } };
    expect((await client.call('/v1/jobs', { body })).status).toBe(202);
  });

  test.each([
    { name: 'a form', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    {
      name: 'another character set',
      headers: { 'content-type': 'application/json; charset=latin1' },
    },
    { name: 'a compressed body', headers: { 'content-encoding': 'gzip' } },
  ])('refuses $name by its headers', async ({ headers }) => {
    const api = await startInProcessApi(redis().url, config);
    const client = await api.client('dev');
    expect((await client.call('/v1/jobs', { body: '{}', headers })).status).toBe(415);
  });

  test.each([
    ['no JSON', '{"kind":'],
    ['a second ceiling', '{"max_cost_usd":1,"max_cost_usd":2}'],
    ['a poisoned object', '{"__proto__":{}}'],
    ['depth', '['.repeat(100_000)],
  ])('refuses %s in the body', async (_name, body) => {
    const api = await startInProcessApi(redis().url, config);
    const client = await api.client('dev');
    expect((await client.call('/v1/jobs', { body })).status).toBe(400);
  });
});

const autoRoute = `
routes:
  auto:
    strategy: cheapest
    targets: [alpha, beta]
`;
