import { tenantWithoutRecord } from '@forebay/shared/domain/tenant';
import { expect, test } from 'vitest';
import { startInProcessApi } from '../support/api-in-process.ts';
import { useRedis } from '../support/redis.ts';
import { candidateFor, newJob, planFor, testTenant } from '../support/store.ts';
import { budgetOf, setTerms } from '../support/terms.ts';
import { twoModels } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();

test('plans of a tenant whose budget runs low go by cost, and show it', async () => {
  const api = await startInProcessApi(
    redis().url,
    twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9'),
  );
  const client = await api.client(testTenant);
  const body = {
    kind: 'chat.completions',
    models: ['alpha', 'beta'],
    body: { messages: [{ role: 'user', content: 'Say hello.' }] },
  };
  const strategy = async (): Promise<unknown> => {
    const answer = await client.call('/v1/route', { body });
    expect(answer.status, answer.text).toBe(200);
    return answer.json();
  };
  expect(await strategy()).toMatchObject({ route: { strategy: 'listed' } });
  const stands = (await api.store.tenants.read(testTenant)) ?? tenantWithoutRecord(testTenant);
  const tenant = { ...stands, brownoutPercent: 10, version: stands.version + 1 };
  expect(await api.store.tenants.write(tenant)).toBe('written');
  await setTerms(api.store, { budgets: [budgetOf(1_000n)] });
  const reservation = 950n;
  const job = newJob({ reservation, plan: planFor(candidateFor('alpha', reservation)) });
  expect((await api.store.jobs.admit(job)).kind).toBe('admitted');
  const plan = await waitUntil(
    async () => {
      const text = JSON.stringify(await strategy());
      return text.includes('"cheapest"') && text;
    },
    { what: 'a plan by cost' },
  );
  expect(plan).toMatch(/less than 10 % of budget bud_\w+ is left/);
});
