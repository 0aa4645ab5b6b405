import { tenantWithoutRecord } from '@forebay/shared/domain/tenant';
import { expect, test } from 'vitest';
import { startInProcessApi } from '../support/api-in-process.ts';
import { useRedis } from '../support/redis.ts';
import { testTenant } from '../support/store.ts';
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
  const tenant = { ...tenantWithoutRecord(testTenant), brownoutPercent: 10, version: 1 };
  await api.store.tenants.write(tenant);
  await setTerms(api.store, { budgets: [budgetOf(0n)] });
  await setTerms(api.store, { budgets: [budgetOf(-1n)] });
  await waitUntil(async () => JSON.stringify(await strategy()).includes('"cheapest"'));
});
