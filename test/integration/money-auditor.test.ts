/**
 * The dispatcher's audit of money: who is stopped and who is not, and that neither load nor lost
 * replies make it see what is not there.
 */
import type { TenantId } from '@forebay/shared/domain/ids';
import { loadScript } from '@forebay/shared/redis/script-runner';
import { systemClock } from '@forebay/shared/runtime/clock';
import { createEvents } from '@forebay/shared/telemetry/events';
import { repairMoney } from '@forebay/shared/tenants/audit-money';
import { auditAndStop } from '@forebay/worker/dispatch/money-auditor';
import type { WorkerEventFields } from '@forebay/worker/worker-events';
import { expect, test } from 'vitest';
import { claim, success } from '../conformance/job-calls.ts';
import { confirmAfterMs } from '../support/audit-money.ts';
import { useRedis } from '../support/redis.ts';

import { newJob, type TestStore, tenantNamed, testTenant, useStore } from '../support/store.ts';
import { seededLoss, startTcpProxy } from '../support/tcp-proxy.ts';

const redis = useRedis();
const never = new AbortController().signal;

function watch(store: TestStore) {
  const events = createEvents<WorkerEventFields>((_, error) => {
    throw error;
  });
  const heard: string[] = [];
  events.on('money.drifted', ({ tenant, counter }) => heard.push(`${tenant} ${counter}`));
  events.on('money.audited', ({ drifting }) => heard.push(`drifting ${drifting}`));
  events.on('tenant.stopped', ({ tenant }) => heard.push(`stopped ${tenant}`));
  const deps = { audit: store.moneyAudit, terms: store.terms, clock: systemClock, events };
  return {
    /** One look; what was heard of it. */
    look: async (): Promise<readonly string[]> => {
      heard.length = 0;
      await auditAndStop(deps, { signal: never, confirmAfterMs });
      return [...heard];
    },
  };
}

/** Another tenant on the shard of the tests' own. */
function neighbour(store: TestStore): TenantId {
  for (let n = 0; ; n += 1) {
    const tenant = tenantNamed(`neighbour-${n}`);
    if (store.keys.shardOf(tenant) === store.keys.shardOf(testTenant)) return tenant;
  }
}

async function run(store: TestStore, cost: bigint, tenant = testTenant): Promise<void> {
  const job = newJob({ tenant });
  await store.jobs.admit(job);
  expect((await claim(store.jobs, job)).kind).toBe('claimed');
  expect((await store.jobs.settle(success(job, 2, cost))).kind).toBe('settled');
}

test('a difference that stays stops its tenant alone, until it is repaired', async () => {
  const store = await useStore(redis().url);
  const { look } = watch(store);
  const other = neighbour(store);
  expect(await look()).toEqual(['drifting 0']);
  await run(store, 5n);
  await run(store, 5n, other);
  await store.client.hincrby(store.keys.money(testTenant), 'spent', 1);
  expect(await look()).toEqual(['dev spent', 'drifting 1']);
  expect((await store.jobs.admit(newJob())).kind).toBe('admitted');
  store.advance(confirmAfterMs);
  expect(await look()).toEqual(['dev spent', 'drifting 1', 'stopped dev']);
  expect(await look()).toEqual(['dev spent', 'drifting 1']);
  expect(await store.jobs.admit(newJob())).toMatchObject({
    kind: 'stopped',
    reason: expect.stringContaining('forebay audit money'),
  });
  expect((await store.jobs.admit(newJob({ tenant: other }))).kind).toBe('admitted');

  const { repaired } = await repairMoney(store, testTenant);
  expect(repaired).toMatchObject([{ counter: 'spent', mustBe: '5', says: '6' }]);
  expect((await store.jobs.admit(newJob())).kind).toBe('admitted');
  expect(await look()).toEqual(['drifting 0']);
});

test('jobs that start and end meanwhile never look like a difference', async () => {
  const store = await useStore(redis().url);
  const { look } = watch(store);
  await look();
  let running = true;
  const seen = new Set<string>();
  const watching = (async () => {
    while (running) for (const text of await look()) seen.add(text);
  })();
  for (let wave = 0; wave < 10; wave += 1) {
    await Promise.all(Array.from({ length: 20 }, (_, n) => run(store, BigInt(n + 1))));
  }
  running = false;
  await watching;
  expect([...seen]).toEqual(['drifting 0']);
});

test('lost replies of the audit sum nothing up twice', async () => {
  const proxy = await startTcpProxy(redis().port);
  const store = await useStore(proxy.url);
  const { look } = watch(store);
  await look();
  const { digest } = loadScript('money-audit');
  const isAudit = ([command, first = '']: readonly string[]): boolean =>
    command === 'EVALSHA' && first === digest;
  proxy.loseReplies(seededLoss(20_261_126, 0.05, isAudit));
  for (let wave = 0; wave < 5; wave += 1) {
    await Promise.all(Array.from({ length: 10 }, () => run(store, 7n)));
    expect(await look()).toEqual(['drifting 0']);
  }
  proxy.loseReplies(undefined);
  expect(proxy.lost.length).toBeGreaterThan(0);
});
