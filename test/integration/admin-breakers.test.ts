/** Operators set the breaker of a deployment: what the routes take, answer and show. */
import { expect, test } from 'vitest';
import { startInProcessApi } from '../support/api-in-process.ts';
import { useRedis } from '../support/redis.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();
const config = `${twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9')}
    breaker: off
`;

test('a breaker is opened for a time and closed, and the list says by whom', async () => {
  const api = await startInProcessApi(redis().url, config);
  const operator = api.operator();
  const set = (path: string, body: object) =>
    operator.call(`/admin/v1/models/${path}/breaker`, { body });
  const main = 'alpha/deployments/main';
  const opened = await set(main, { state: 'open', for: '2h', why: 'the provider moves' });
  expect(opened.status, opened.text).toBe(200);
  const told = {
    state: 'open',
    reason: 'operator',
    by: 'configured-key',
    why: 'the provider moves',
  };
  expect(opened.json()).toMatchObject({ id: 'alpha/main', model: 'alpha', breaker: told });
  const list = (await operator.call('/admin/v1/models')).json();
  expect(list).toMatchObject({ data: [{ deployments: [{ breaker: told }] }, {}] });

  const unknown = [
    await set('gamma/deployments/main', { state: 'open' }),
    await set('alpha/deployments/beta%2Fmain', { state: 'open' }),
  ].map(({ status, text }) => [status, text.replace(/"(request_id|instance)":"[^"]*"/g, '')]);
  expect(unknown[0]?.[0]).toBe(404);
  expect(unknown[1]).toEqual(unknown[0]);
  for (const body of [
    {},
    { state: 'ajar' },
    { state: 'open', for: '31d' },
    { state: 'open', x: 1 },
  ]) {
    expect((await set(main, body)).status, JSON.stringify(body)).toBe(400);
  }
  const off = await set('beta/deployments/main', { state: 'open' });
  expect([off.status, off.text]).toEqual([400, expect.stringContaining('models.beta.breaker')]);

  const closed = await set('alpha/deployments/alpha%2Fmain', { state: 'closed' });
  expect(closed.json()).toMatchObject({ breaker: { state: 'closed', by: null, open_until: null } });
});
