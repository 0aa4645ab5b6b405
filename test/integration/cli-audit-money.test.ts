/** `forebay audit money`, on a real store. */
import { tenantWithoutRecord } from '@forebay/shared/domain/tenant';
import { expect, test } from 'vitest';
import { claim, success } from '../conformance/job-calls.ts';
import { auditShardOf } from '../support/audit-money.ts';
import { useRedis } from '../support/redis.ts';
import { runCommandHere } from '../support/run-command-here.ts';
import { newJob, tenantNamed, testTenant, useStore } from '../support/store.ts';
import { setTerms } from '../support/terms.ts';

const redis = useRedis();

test('shows what is wrong, repairs it with an audit line, and lifts the stop', async () => {
  const store = await useStore(redis().url);
  const env = { REDIS_URL: redis().url, FOREBAY_NAMESPACE: store.namespace };
  const run = (line: string) => runCommandHere(`audit money ${line}`.trim().split(' '), env);
  await auditShardOf(store, testTenant);
  expect(await run('')).toMatchObject({ code: 0, stdout: expect.stringContaining('adds up') });

  const job = newJob();
  await store.jobs.admit(job);
  await claim(store.jobs, job);
  await store.jobs.settle(success(job, 2, 123n));
  await store.client.hincrby(store.keys.money(testTenant), 'spent', 7);
  await setTerms(store, { stopped: 'a test' });
  const shown = await run('--json');
  expect(shown.code).toBe(1);
  expect(JSON.parse(shown.stdout)).toEqual({
    repaired: false,
    tenants_without_reservations: 0,
    tenants: [
      {
        tenant: testTenant,
        stopped: 'a test',
        differences: [{ counter: 'spent', must_be: '123', says: '130' }],
      },
    ],
  });
  expect((await run('--repair --tenant nobody')).code).toBe(1);
  await store.tenants.write({ ...tenantWithoutRecord(tenantNamed('other')), version: 1 });
  expect((await run('--repair --tenant other')).code).toBe(0);
  expect((await store.jobs.admit(newJob())).kind).toBe('stopped');

  expect(await run('--repair')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('repaired'),
  });
  expect((await run('')).code).toBe(0);
  expect((await store.jobs.admit(newJob())).kind).toBe('admitted');
  const { lines } = await store.audit.listNewest(undefined, 10);
  const [done, begun] = lines.map((text): unknown => JSON.parse(text));
  const line = { action: 'money.repair', target: `tenant:${testTenant}` };
  expect([begun, done]).toMatchObject([
    { ...line, outcome: 'begun' },
    { ...line, outcome: 'done' },
  ]);
});
