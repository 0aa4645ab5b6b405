/** Every operator action is in the audit log (P24): each route of the table that writes. */
import { verifyAudit } from '@forebay/shared/domain/verify-audit';
import { expect, test } from 'vitest';
import { adminBodies } from '../support/admin-bodies.ts';
import { type InProcessApi, startInProcessApi } from '../support/api-in-process.ts';
import { textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();
const routes = `
routes:
  seen: { targets: [alpha], shadow: { model: beta, percent: 1, tenant: lab } }
`;
const config = `${twoModels}${routes}`.replaceAll('SIMULATOR', 'http://127.0.0.1:9');

/** One of everything that a path can name, by the parameter; ids by the part before them. */
async function makeThings(api: InProcessApi): Promise<Readonly<Record<string, string>>> {
  const make = async (path: string, body: object): Promise<string> => {
    const answer = await api.operator().call(path, { body });
    expect(answer.status, answer.text).toBeLessThan(300);
    return textMember(answer.json(), 'id');
  };
  const acme = await make('/admin/v1/tenants', { id: 'acme' });
  return {
    tenant: acme,
    model: 'alpha',
    deployment: 'main',
    route: 'seen',
    period: adminBodies.GlobalBudget.period,
    key: await make(`/admin/v1/tenants/${acme}/keys`, adminBodies.ApiKey),
    budget: await make(`/admin/v1/tenants/${acme}/budgets`, adminBodies.Budget),
    'admin-keys': await make('/admin/v1/admin-keys', adminBodies.AdminKey),
    operations: await make('/admin/v1/operations', adminBodies.Operation),
  };
}

function pathWith(path: string, things: Readonly<Record<string, string>>): string {
  return path.replaceAll(/([^/]+)\/:(\w+)/g, (_, before: string, name: string) => {
    const id = things[name] ?? things[before];
    if (id === undefined) throw new Error(`say what :${name} is in ${path}`);
    return `${before}/${id}`;
  });
}

/** What ends a thing comes last. */
function isEnd({ method, path }: { readonly method: string; readonly path: string }): boolean {
  return method === 'DELETE' || path.endsWith('/revoke');
}

test('each route that writes leaves its begin and its end, and the chain holds', async () => {
  const api = await startInProcessApi(redis().url, config);
  const things = await makeThings(api);
  const { audit } = api.store;
  const writing = api.operatorRoutes.filter((route) => route.audit === 'write');
  expect(writing.length).toBeGreaterThanOrEqual(20);
  const inOrder = [
    ...writing.filter((route) => !isEnd(route)),
    ...writing.filter((route) => isEnd(route)),
  ];
  for (const { method, path, requestSchema } of inOrder) {
    const before = await audit.listNewest(undefined, 1);
    const newest: unknown = JSON.parse(before.lines[0] ?? '{}');
    const body = adminBodies[requestSchema];
    const answer = await api.operator().call(pathWith(path, things), {
      method,
      ...(body === undefined ? {} : { body }),
    });
    expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(300);
    const { lines } = await audit.listAfter(Object(newest).number, 10);
    const request = answer.headers.get('x-request-id');
    const told = { actor: 'configured-key', request_id: request };
    expect(
      lines.map((line): unknown => JSON.parse(line)),
      `${method} ${path}`,
    ).toMatchObject([
      { outcome: 'begun', ...told },
      { outcome: 'done', ...told },
    ]);
  }
  const { lines } = await audit.listAfter(0, 1_000);
  expect(await verifyAudit(lines)).toMatchObject({ kind: 'intact' });
  for (const place of [1, 7, lines.length - 1]) {
    const shorter = lines.toSpliced(place - 1, 1);
    expect(await verifyAudit(shorter)).toMatchObject({ kind: 'broken', line: place });
  }
});

test('no route that only reads writes a line', async () => {
  const api = await startInProcessApi(redis().url, config);
  const things = await makeThings(api);
  const before = await api.store.audit.listNewest(undefined, 1);
  for (const { path } of api.operatorRoutes.filter((route) => route.audit === 'read')) {
    expect((await api.operator().call(pathWith(path, things))).status, path).toBe(200);
  }
  expect(await api.store.audit.listNewest(undefined, 1)).toEqual(before);
});
