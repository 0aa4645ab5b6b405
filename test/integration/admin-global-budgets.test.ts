import { describe, expect, test } from 'vitest';
import { startInProcessApi } from '../support/api-in-process.ts';
import { globalBudgetOf, keepBudgets } from '../support/global-budgets.ts';
import { listMember, textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { runCommandHere } from '../support/run-command-here.ts';
import { useStore } from '../support/store.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');
const path = '/admin/v1/global-budgets';

describe('the budgets of all tenants over HTTP', () => {
  test('are set, one for each period, listed and removed, and the audit log has each', async () => {
    const api = await startInProcessApi(redis().url, config);
    const operator = api.operator();
    const set = async (body: unknown): Promise<unknown> => {
      const answer = await operator.call(path, { body });
      expect(answer.status, answer.text).toBe(200);
      return answer.json();
    };
    const day = { limit_usd: '10', period: 'day', when_short: 'wait' };
    const made = await set(day);
    expect(made).toMatchObject({
      ...day,
      object: 'global_budget',
      time_zone: 'UTC',
      left_usd: '10',
    });
    const raised = await set({ ...day, limit_usd: '12' });
    expect(raised).toMatchObject({ id: textMember(made, 'id'), limit_usd: '12' });
    const moved = await set({ ...day, time_zone: 'Europe/Rome' });
    expect(textMember(moved, 'id')).not.toBe(textMember(made, 'id'));
    await set({ limit_usd: '100', period: 'total' });
    const list = listMember((await operator.call(path)).json(), 'data');
    expect(list).toMatchObject([
      { time_zone: 'Europe/Rome' },
      { period: 'total', renews_at: null },
    ]);
    expect((await operator.call(`${path}/day`, { method: 'DELETE' })).status).toBe(200);
    expect((await operator.call(`${path}/day`, { method: 'DELETE' })).status).toBe(404);
    expect((await operator.call(`${path}/year`, { method: 'DELETE' })).status).toBe(404);
    const lines = listMember((await operator.call('/admin/v1/audit')).json(), 'data');
    const done = lines.filter((line) => textMember(line, 'outcome') === 'done');
    expect(
      done.map((line) => `${textMember(line, 'action')} ${textMember(line, 'target')}`),
    ).toEqual([
      'global_budget.clear global_budget:day',
      'global_budget.set global_budget:total',
      ...Array.from({ length: 3 }, () => 'global_budget.set global_budget:day'),
    ]);
  });

  test.each([
    [{ period: 'day' }, 'limit_usd'],
    [{ limit_usd: '1', period: 'week' }, 'period'],
    [{ limit_usd: '1', period: 'total', time_zone: 'UTC' }, 'time_zone'],
    [{ limit_usd: '1', period: 'day', time_zone: 'Mars' }, 'time_zone'],
    [{ limit_usd: '1', period: 'day', rolling: true }, 'rolling'],
  ])('are not made of %j', async (body, param) => {
    const api = await startInProcessApi(redis().url, config);
    const answer = await api.operator().call(path, { body });
    expect([answer.status, answer.json()]).toMatchObject([400, { param }]);
    expect((await api.store.escrow.read()).terms.version).toBe(0);
  });

  test('tell a tenant that it is refused, but nothing of what others spend', async () => {
    const api = await startInProcessApi(redis().url, config);
    await api.store.escrow.edit(() => [globalBudgetOf(1n, { whenShort: 'reject' })]);
    await keepBudgets(api.store.escrow);
    const client = await api.client('acme');
    const body = {
      kind: 'chat.completions',
      model: 'alpha',
      body: { messages: [{ role: 'user', content: 'Say hello.' }] },
    };
    const answer = await client.call('/v1/jobs', { body });
    expect([answer.status, answer.json()]).toMatchObject([402, { code: 'budget_exceeded' }]);
    expect(answer.text).toContain('budget of this installation');
    expect(answer.text).not.toMatch(/bud_|are left/);
  });
});

describe('forebay budgets global', () => {
  test('sets, shows and clears them', async () => {
    const store = await useStore(redis().url);
    const env = { REDIS_URL: redis().url, FOREBAY_NAMESPACE: store.namespace };
    const global = (...args: string[]) => runCommandHere(['budgets', 'global', ...args], env);
    const set = await global('set', '--period', 'month', '--limit', '20.5');
    expect([set.code, set.stdout]).toEqual([0, expect.stringMatching(/month +UTC +20\.5 +0 /)]);
    await keepBudgets(store.escrow);
    expect((await global('show')).stdout).toMatch(/month +UTC +20\.5 +2\.56/);
    expect((await global('clear', '--period', 'month')).code).toBe(0);
    expect((await global('clear', '--period', 'month')).code).toBe(1);
    expect((await global('set', '--period', 'day')).code).toBe(2);
    expect((await store.escrow.read()).terms.budgets).toEqual([]);
  });
});
