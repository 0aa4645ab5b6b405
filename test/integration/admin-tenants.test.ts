import { newBudgetId } from '@forebay/shared/domain/budget';
import { describe, expect, test } from 'vitest';
import { type InProcessApi, startInProcessApi } from '../support/api-in-process.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { listMember, textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { tenantNamed } from '../support/store.ts';
import { twoModels } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');
const acme = '/admin/v1/tenants/acme';
const job = {
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: 'Say hello.' }] },
};

interface Ask {
  readonly method?: string;
  readonly body?: unknown;
}

interface Bundle {
  readonly api: InProcessApi;
  readonly operator: ApiClient;
  /** Expects the status and gives the body. */
  readonly ask: (path: string, status: number, call?: Ask) => Promise<unknown>;
}

/** An api with the tenant `acme`. */
async function setup(): Promise<Bundle> {
  const api = await startInProcessApi(redis().url, config);
  const operator = api.operator();
  const ask: Bundle['ask'] = async (path, status, call = {}) => {
    const answer = await operator.call(path, call);
    expect(answer.status, answer.text).toBe(status);
    return answer.json();
  };
  await ask('/admin/v1/tenants', 201, { body: { id: 'acme' } });
  return { api, operator, ask };
}

async function actions({ ask }: Bundle): Promise<readonly string[]> {
  const lines = listMember(await ask('/admin/v1/audit', 200), 'data');
  return lines
    .filter((line) => textMember(line, 'outcome') === 'done')
    .map((line) => `${textMember(line, 'action')} ${textMember(line, 'target')}`);
}

describe('tenants', () => {
  test('are made, listed, read and changed, and settings are taken away by null', async () => {
    const bundle = await setup();
    const { ask } = bundle;
    const body = { name: 'Acme', max_ceiling_usd: '2.5', brownout_percent: 20, max_in_flight: 7 };
    const changed = { id: 'acme', object: 'tenant', status: 'active', paused: false, ...body };
    expect(await ask(acme, 200, { method: 'PATCH', body })).toMatchObject(changed);
    const less = { max_ceiling_usd: null, max_in_flight: null, name: null };
    const after = { ...changed, ...less, name: '' };
    expect(await ask(acme, 200, { method: 'PATCH', body: less })).toMatchObject(after);
    expect(await ask(acme, 200)).toMatchObject(after);
    expect(listMember(await ask('/admin/v1/tenants', 200), 'data')).toMatchObject([after]);
    await ask('/admin/v1/tenants', 409, { body: { id: 'acme' } });
    expect(await actions(bundle)).toEqual([
      'tenant.change tenant:acme',
      'tenant.change tenant:acme',
      'tenant.create tenant:acme',
    ]);
  });

  test.each([
    [{}, 'id'],
    [{ id: 'No Tenant' }, 'id'],
    [{ id: 'beta', max_ceiling_usd: 'much' }, 'max_ceiling_usd'],
    [{ id: 'beta', max_ceiling_usd: 1 }, 'max_ceiling_usd'],
    [{ id: 'beta', brownout_percent: 101 }, 'brownout_percent'],
    [{ id: 'beta', status: 'active' }, 'status'],
    [{ id: 'beta', max_in_flight: 200_000 }, 'max_in_flight'],
  ])('are not made of %j', async (body, param) => {
    const { api, ask } = await setup();
    expect(await ask('/admin/v1/tenants', 400, { body })).toMatchObject({ param });
    expect(await api.store.tenants.read(tenantNamed('beta'))).toBeUndefined();
  });

  test('are paused, drained, suspended and resumed', async () => {
    const { ask, api } = await setup();
    const hold = (verb: string): Promise<unknown> =>
      ask(`${acme}/${verb}`, 200, { method: 'POST' });
    expect(await hold('pause')).toMatchObject({ status: 'active', paused: true });
    expect(await hold('resume')).toMatchObject({ status: 'active', paused: false });
    expect(await hold('drain')).toMatchObject({ status: 'suspended', paused: false });
    const client = await api.client('acme');
    expect((await client.call('/v1/jobs', { body: job })).status).toBe(403);
    expect(await hold('suspend')).toMatchObject({ status: 'suspended', paused: true });
    expect(await hold('drain')).toMatchObject({ status: 'suspended', paused: false });
    expect(await hold('pause')).toMatchObject({ status: 'suspended', paused: true });
    expect(await hold('resume')).toMatchObject({ status: 'active', paused: false });
    expect((await (await api.client('acme')).call('/v1/jobs', { body: job })).status).toBe(202);
  });

  test('that are not there are not found, whatever is asked of them', async () => {
    const { api, operator } = await setup();
    const paths = api.operatorRoutes.filter(({ path }) => path.includes(':tenant'));
    expect(paths.length).toBeGreaterThan(15);
    for (const { method, path, requestSchema } of paths) {
      for (const tenant of ['nobody', '%00', 'No%20Tenant']) {
        const at = path.replace(':tenant', tenant).replaceAll(/:\w+/g, newBudgetId());
        const body = bodyFor(requestSchema);
        const answer = await operator.call(at, { method, ...(body === undefined ? {} : { body }) });
        expect([answer.status, textMember(answer.json(), 'code')], at).toEqual([404, 'not_found']);
      }
    }
    expect(await api.store.tenants.read(tenantNamed('nobody'))).toBeUndefined();
    expect((await api.store.terms.read(tenantNamed('nobody'))).version).toBe(0);
  });
});

function bodyFor(schema: string): unknown {
  if (schema === 'Budget') return { limit_usd: '1', period: 'day' };
  if (schema === 'BudgetChange') return { limit_usd: '1' };
  return schema === 'none' ? undefined : {};
}

test('a change of a tenant or a key may name the version that it is about', async () => {
  const { operator, ask } = await setup();
  const key = `${acme}/keys/${textMember(await ask(`${acme}/keys`, 201, { body: {} }), 'id')}`;
  for (const path of [acme, key]) {
    const patch = (tag: string) =>
      operator.call(path, { method: 'PATCH', body: {}, headers: { 'if-match': tag } });
    const seen = (await operator.call(path)).headers.get('etag') ?? '';
    expect((await patch('"999"')).json()).toMatchObject({ code: 'version_mismatch' });
    expect((await patch('three')).json()).toMatchObject({ code: 'invalid_request' });
    const changed = await patch(seen);
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"']);
    expect([(await patch(seen)).status, (await patch('*')).status]).toEqual([412, 200]);
  }
});

describe('keys of tenants', () => {
  test('are made, shown this once, limited, rotated and revoked', async () => {
    const bundle = await setup();
    const { api, ask } = bundle;
    const body = { label: 'nightly', scopes: ['jobs:write', 'jobs:read'], max_in_flight: 3 };
    const made = await ask(`${acme}/keys`, 201, { body });
    const id = textMember(made, 'id');
    const text = textMember(made, 'key');
    expect(made).toMatchObject({ object: 'api_key', tenant: 'acme', ...body });
    const shown = await ask(`${acme}/keys/${id}`, 200);
    expect(JSON.stringify(shown)).not.toContain(text);
    const client = createApiClient({ url: api.url, key: text });
    await client.submit(job);
    const limits = { max_ceiling_usd: '0.5', source_cidrs: ['10.0.0.0/8'], max_in_flight: null };
    const changed = await ask(`${acme}/keys/${id}`, 200, { method: 'PATCH', body: limits });
    expect(changed).toMatchObject({ ...limits, label: 'nightly' });
    const rotated = await ask(`${acme}/keys/${id}/rotate`, 201, {
      body: { overlap_seconds: 60 },
    });
    expect(rotated).toMatchObject({ label: 'nightly', max_ceiling_usd: '0.5' });
    expect(textMember(rotated, 'key')).not.toBe(text);
    const revoke = (): Promise<unknown> =>
      ask(`${acme}/keys/${id}/revoke`, 200, { method: 'POST' });
    expect(await revoke()).toMatchObject({ replaced_by: textMember(rotated, 'id') });
    expect(await revoke()).toMatchObject({ revoked_at: expect.any(String) });
    const isRefused = async (): Promise<boolean> =>
      (await client.call('/v1/models')).status === 401;
    await waitUntil(isRefused, { what: 'the key to be refused' });
    expect(listMember(await ask(`${acme}/keys`, 200), 'data')).toHaveLength(2);
    expect((await actions(bundle)).slice(0, 3)).toEqual([
      `key.revoke tenant:acme/key:${id}`,
      `key.revoke tenant:acme/key:${id}`,
      `key.rotate tenant:acme/key:${id}`,
    ]);
    const log = await ask('/admin/v1/audit', 200);
    expect(JSON.stringify(log)).not.toContain(text);
  });

  test('may do everything when nothing is said, and are found under their tenant', async () => {
    const { ask } = await setup();
    const made = await ask(`${acme}/keys`, 201, { method: 'POST' });
    expect(made).toMatchObject({ models: null, most_urgent_priority: 0, environment: 'live' });
    await ask('/admin/v1/tenants', 201, { body: { id: 'beta' } });
    await ask(`/admin/v1/tenants/beta/keys/${textMember(made, 'id')}`, 404);
    await ask(`${acme}/keys/unknown`, 404);
  });

  test.each([
    [{ scopes: ['root'] }, 'scopes.0'],
    [{ scopes: [] }, 'scopes'],
    [{ source_cidrs: ['here'] }, 'source_cidrs'],
    [{ expires_at: 'soon' }, 'expires_at'],
    [{ weights: { quality: 0, cost: 0, speed: 0, load: 0 } }, 'weights'],
    [{ requests_per_minute: 0 }, 'requests_per_minute'],
    [{ environment: 'Prod!' }, 'environment'],
    [{ digest: 'x' }, 'digest'],
    [{ label: 'ghost', max_in_flight: 200_000 }, 'max_in_flight'],
    [{ expires_at: '2020-01-31T12:00:00Z' }, 'expires_at'],
  ])('are not made of %j', async (body, param) => {
    const { api, ask } = await setup();
    expect(await ask(`${acme}/keys`, 400, { body })).toMatchObject({ param });
    expect(await api.store.apiKeys.list(tenantNamed('acme'))).toEqual([]);
  });
});

describe('budgets', () => {
  test('are made, read with what is left, changed and removed', async () => {
    const bundle = await setup();
    const { ask } = bundle;
    const body = { limit_usd: '10', period: 'day', time_zone: 'Europe/Rome', when_short: 'wait' };
    const made = await ask(`${acme}/budgets`, 201, { body });
    expect(made).toMatchObject({
      ...{ object: 'budget', tenant: 'acme', key_id: null, rolling: false, ...body },
      ...{ reserved_usd: '0', spent_usd: '0', unknown_usd: '0', left_usd: '10' },
    });
    expect(Date.parse(textMember(made, 'renews_at'))).toBeGreaterThan(Date.now());
    const id = textMember(made, 'id');
    const one = `${acme}/budgets/${id}`;
    const less = { limit_usd: '0.5', when_short: 'cheaper' };
    const changed = await ask(one, 200, { method: 'PATCH', body: less });
    expect(changed).toMatchObject({ id, ...less, period: 'day', left_usd: '0.5' });
    expect(await ask(one, 200)).toEqual(changed);
    expect(listMember(await ask(`${acme}/budgets`, 200), 'data')).toEqual([changed]);
    expect(await ask(one, 200, { method: 'DELETE' })).toMatchObject({ deleted: true });
    await ask(one, 404);
    expect((await actions(bundle)).slice(0, 3)).toEqual([
      `budget.remove tenant:acme/budget:${id}`,
      `budget.change tenant:acme/budget:${id}`,
      `budget.create tenant:acme/budget:${id}`,
    ]);
  });

  test('hold for the tenant or for one of its keys, over every kind of window', async () => {
    const { api, ask } = await setup();
    const key = textMember(await ask(`${acme}/keys`, 201, { method: 'POST' }), 'id');
    for (const body of [
      { limit_usd: '1', period: 'total' },
      { limit_usd: '1', period: 'month' },
      { limit_usd: '1', period: 'month', rolling: true, key_id: key },
    ]) {
      expect(await ask(`${acme}/budgets`, 201, { body })).toMatchObject(body);
    }
    const { budgets } = await api.store.terms.read(tenantNamed('acme'));
    expect(budgets.map(({ window, subject }) => [window, subject])).toEqual([
      [{ kind: 'total' }, { kind: 'tenant' }],
      [{ kind: 'calendar', period: 'month', timeZone: 'UTC' }, { kind: 'tenant' }],
      [
        { kind: 'rolling', period: 'month' },
        { kind: 'key', keyId: key },
      ],
    ]);
  });

  test.each([
    [{}, 'limit_usd'],
    [{ limit_usd: '1' }, 'period'],
    [{ limit_usd: '-1', period: 'day' }, 'limit_usd'],
    [{ limit_usd: '1', period: 'week' }, 'period'],
    [{ limit_usd: '1', period: 'total', rolling: true }, 'rolling'],
    [{ limit_usd: '1', period: 'day', rolling: true, time_zone: 'UTC' }, 'time_zone'],
    [{ limit_usd: '1', period: 'day', time_zone: 'Mars/Olympus' }, 'time_zone'],
    [{ limit_usd: '1', period: 'day', when_short: 'shrug' }, 'when_short'],
  ])('are not made of %j', async (body, param) => {
    const { api, ask } = await setup();
    expect(await ask(`${acme}/budgets`, 400, { body })).toMatchObject({ param });
    expect((await api.store.terms.read(tenantNamed('acme'))).budgets).toEqual([]);
  });

  test('are not made for a key that the tenant has not, and are found under it alone', async () => {
    const { ask } = await setup();
    const body = { limit_usd: '1', period: 'day' };
    await ask(`${acme}/budgets`, 404, { body: { ...body, key_id: 'unknown' } });
    const id = textMember(await ask(`${acme}/budgets`, 201, { body }), 'id');
    await ask('/admin/v1/tenants', 201, { body: { id: 'beta' } });
    await ask(`/admin/v1/tenants/beta/budgets/${id}`, 404);
    await ask(`${acme}/budgets/${newBudgetId()}`, 404);
    await ask(`${acme}/budgets/${id}`, 400, { method: 'PATCH', body: {} });
  });
});
