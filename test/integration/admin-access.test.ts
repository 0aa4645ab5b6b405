import { verifyAudit } from '@forebay/shared/domain/verify-audit';
import { makeApiKey } from '@forebay/shared/keys/api-key';
import { type AdminScope, adminScopes } from '@forebay/shared/ports/admin-key-store';
import { describe, expect, test } from 'vitest';
import { adminBodies } from '../support/admin-bodies.ts';
import { type InProcessApi, startInProcessApi } from '../support/api-in-process.ts';
import { createApiClient } from '../support/http.ts';
import { listMember, textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');

/** Every route of operators, with a body that its schema takes. */
function operatorCalls(api: InProcessApi) {
  expect(api.operatorRoutes.length).toBeGreaterThanOrEqual(5);
  return api.operatorRoutes.map((route) => ({
    route,
    path: route.path.replaceAll(/:\w+/g, 'nobody'),
    call: {
      method: route.method,
      ...(route.requestSchema === 'none' ? {} : { body: adminBodies[route.requestSchema] }),
    },
  }));
}

async function newAdminKey(
  api: InProcessApi,
  scopes: readonly AdminScope[],
): Promise<{ readonly id: string; readonly key: string }> {
  const body = { name: `test ${scopes.join(' ')}`, scopes };
  const answer = await api.operator().call('/admin/v1/admin-keys', { body });
  expect(answer.status).toBe(201);
  return { id: textMember(answer.json(), 'id'), key: textMember(answer.json(), 'key') };
}

function basic(user: string, key: string): { readonly authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${user}:${key}`).toString('base64')}` };
}

describe('every route of operators', () => {
  test('declares scope, limits and audit class, and is served on its listener alone', async () => {
    const api = await startInProcessApi(redis().url, config);
    for (const { route, path, call } of operatorCalls(api)) {
      expect(['any', ...adminScopes]).toContain(route.scope);
      expect(route.audit).toBe(route.method === 'GET' ? 'read' : 'write');
      expect(route.limits.bodyBytesMax > 0).toBe(route.requestSchema !== 'none');
      const wrongDoor = createApiClient({ url: api.url, key: api.adminKey });
      expect((await wrongDoor.call(path, call)).status, path).toBe(404);
    }
  });

  test('refuses a missing, malformed, unknown or foreign key alike', async () => {
    const api = await startInProcessApi(redis().url, config);
    const key = await api.newKey('dev');
    const wrong = [
      undefined,
      '',
      api.adminKey,
      `Bearer ${key}`,
      `Bearer ${makeApiKey('admin', 'test').text}`,
      `Bearer ${api.adminKey}x`,
      `Bearer ${'x'.repeat(10_000)}`,
      basic('admin', 'wrong').authorization,
      basic('root', api.adminKey).authorization,
    ];
    for (const { path, call } of operatorCalls(api)) {
      const details = new Set<string>();
      for (const authorization of wrong) {
        const headers = authorization === undefined ? {} : { authorization };
        const answer = await createApiClient({ url: api.adminUrl }).call(path, {
          ...call,
          headers,
        });
        expect(answer.status, `${path} with ${authorization?.slice(0, 40)}`).toBe(401);
        details.add(textMember(answer.json(), 'detail'));
      }
      expect(details.size).toBe(1);
    }
  });

  test('refuses a key without its scope and serves one with it', async () => {
    const api = await startInProcessApi(redis().url, config);
    for (const { route, path, call } of operatorCalls(api)) {
      if (route.scope === 'any') continue;
      const others = adminScopes.filter((scope) => scope !== route.scope);
      const without = api.operator((await newAdminKey(api, others)).key);
      const refused = await without.call(path, call);
      expect(refused.status, path).toBe(403);
      expect(textMember(refused.json(), 'detail')).toContain(`"${route.scope}"`);
      // A key that may make keys may not give more than it has itself.
      const scopes = route.scope === 'manage' ? adminScopes : [route.scope];
      const only = api.operator((await newAdminKey(api, scopes)).key);
      const { status } = await only.call(path, call);
      expect([200, 201, 202, 404, 409], path).toContain(status);
    }
  });
});

describe('admin keys', () => {
  test('work beside the configured key as Basic and as Bearer until they are removed', async () => {
    const api = await startInProcessApi(redis().url, config);
    const open = createApiClient({ url: api.adminUrl });
    const ask = async (headers: Readonly<Record<string, string>>): Promise<number> =>
      (await open.call('/admin/v1/audit', { headers })).status;
    expect(await ask(basic('admin', api.adminKey))).toBe(200);
    const { id, key } = await newAdminKey(api, ['audit']);
    expect(key).toMatch(/^fbadmin_live_/);
    expect(await ask({ authorization: `Bearer ${key}` })).toBe(200);
    const removed = await api.operator().call(`/admin/v1/admin-keys/${id}`, { method: 'DELETE' });
    expect(removed.json()).toEqual({ id, object: 'admin_key.deleted', deleted: true });
    expect(await ask({ authorization: `Bearer ${key}` })).toBe(401);
  });

  test('are listed without anything that opens a door', async () => {
    const api = await startInProcessApi(redis().url, config);
    const { id, key } = await newAdminKey(api, ['operate', 'audit']);
    const answer = await api.operator().call('/admin/v1/admin-keys');
    expect(listMember(answer.json(), 'data')).toMatchObject([
      { id, object: 'admin_key', scopes: ['operate', 'audit'], expires_at: null },
    ]);
    expect(answer.text).not.toContain(key);
    expect(answer.text).not.toContain('digest');
  });

  test('give no scope that they do not have, and end when they should', async () => {
    const api = await startInProcessApi(redis().url, config);
    const manager = api.operator((await newAdminKey(api, ['manage'])).key);
    const path = '/admin/v1/admin-keys';
    const more = await manager.call(path, { body: { name: 'x', scopes: ['manage', 'audit'] } });
    expect([more.status, textMember(more.json(), 'code')]).toEqual([403, 'forbidden']);
    const body = { name: 'short', scopes: ['manage'], expires_in_seconds: 60 };
    const made = await manager.call(path, { body });
    const { id, key } = { id: textMember(made.json(), 'id'), key: textMember(made.json(), 'key') };
    expect((await api.operator(key).call(path)).status).toBe(200);
    const stored = await api.store.adminKeys.read(id);
    if (stored === undefined) throw new Error('the key was just made');
    await api.store.adminKeys.write({ ...stored, expiresAtMs: Date.now() });
    expect((await api.operator(key).call(path)).status).toBe(401);
  });

  test.each([
    [{}, 'name'],
    [{ name: 'x', scopes: [] }, 'scopes'],
    [{ name: 'x', scopes: ['root'] }, 'scopes.0'],
    [{ name: 'x', scopes: ['audit', 'audit'] }, 'scopes'],
    [{ name: 'x', scopes: ['audit'], expires_in_seconds: 1 }, 'expires_in_seconds'],
    [{ name: 'x', scopes: ['audit'], digest: 'x' }, 'digest'],
  ])('are not made of %j', async (body, param) => {
    const api = await startInProcessApi(redis().url, config);
    const answer = await api.operator().call('/admin/v1/admin-keys', { body });
    expect([answer.status, textMember(answer.json(), 'param')]).toEqual([400, param]);
    expect(await api.store.adminKeys.list()).toEqual([]);
    expect((await api.store.audit.listAfter(0, 10)).lines).toEqual([]);
  });
});

test('a page of another site cannot write with credentials that a browser sends', async () => {
  const api = await startInProcessApi(redis().url, config);
  const { id } = await newAdminKey(api, ['audit']);
  const path = `/admin/v1/admin-keys/${id}`;
  const credentials = basic('admin', api.adminKey);
  const open = createApiClient({ url: api.adminUrl });
  const remove = (headers: object) =>
    open.call(path, { method: 'DELETE', headers: { ...credentials, ...headers } });
  expect((await remove({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  expect((await remove({ origin: 'https://elsewhere.example' })).status).toBe(403);
  expect((await remove({ origin: 'null' })).status).toBe(403);
  const own = { 'sec-fetch-site': 'same-origin', origin: api.adminUrl };
  expect((await remove(own)).status).toBe(200);
});

describe('the audit log of the admin listener', () => {
  test('has who did what under which request, before the answer is out', async () => {
    const api = await startInProcessApi(redis().url, config);
    const { id } = await newAdminKey(api, ['audit', 'manage']);
    const headers = { ...basic('admin', api.adminKey), 'x-request-id': 'req-of-this-test' };
    const open = createApiClient({ url: api.adminUrl });
    await open.call(`/admin/v1/admin-keys/${id}`, { method: 'DELETE', headers });
    const page = await api.operator().call('/admin/v1/audit?limit=3');
    const target = `admin_key:${id}`;
    const removal = { actor: 'basic:admin', action: 'admin_key.remove', target };
    expect(listMember(page.json(), 'data')).toMatchObject([
      { number: 4, outcome: 'done', ...removal, after: null, request_id: 'req-of-this-test' },
      { number: 3, outcome: 'begun', ...removal },
      { number: 2, outcome: 'done', actor: 'configured-key', action: 'admin_key.create', target },
    ]);
    expect(page.json()).toMatchObject({ has_more: true, next: 2 });
    const rest = await api.operator().call('/admin/v1/audit?before=2');
    expect(listMember(rest.json(), 'data')).toMatchObject([{ number: 1, outcome: 'begun' }]);
  });

  test('is exported whole, and what is exported verifies', async () => {
    const api = await startInProcessApi(redis().url, config);
    for (let n = 0; n < 3; n += 1) await newAdminKey(api, ['audit']);
    const answer = await api.operator().call('/admin/v1/audit/export');
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = answer.text.split('\n');
    expect(await verifyAudit(lines)).toMatchObject({ kind: 'intact', head: { number: 6 } });
    const edited = answer.text.replace('"action":"admin_key.create"', '"action":"nothing"');
    expect(await verifyAudit(edited.split('\n'))).toMatchObject({ kind: 'broken', line: 1 });
    const later = await api.operator().call('/admin/v1/audit/export?after=4');
    expect(later.text).toBe(`${lines.slice(4, 6).join('\n')}\n`);
  });

  test.each(['limit=0', 'limit=x', 'before=0', 'before=1&before=2', 'after=1'])(
    'is not listed for ?%s',
    async (query) => {
      const api = await startInProcessApi(redis().url, config);
      const answer = await api.operator().call(`/admin/v1/audit?${query}`);
      expect([answer.status, textMember(answer.json(), 'code')]).toEqual([400, 'invalid_request']);
    },
  );

  test('that cannot be written lets nothing be changed', async () => {
    const api = await startInProcessApi(redis().url, config);
    // A key of the wrong type makes every append fail.
    await api.store.client.set(api.store.keys.audit, 'x');
    const body = { name: 'x', scopes: ['audit'] };
    const answer = await api.operator().call('/admin/v1/admin-keys', { body });
    expect(answer.status).toBe(500);
    expect(await api.store.adminKeys.list()).toEqual([]);
  });
});
