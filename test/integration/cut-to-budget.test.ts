/** `cap_output` and budgets: an api and a dispatcher on a real store, the test plays the worker. */
import { loadConfig } from '@forebay/shared/config/load-config';
import { createTicketQueues } from '@forebay/shared/queue/ticket-queues';
import { systemClock } from '@forebay/shared/runtime/clock';
import { createEvents } from '@forebay/shared/telemetry/events';
import { createDueSweeper } from '@forebay/worker/dispatch/due-sweeper';
import type { WorkerEventFields } from '@forebay/worker/worker-events';
import { expect, onTestFinished, test } from 'vitest';
import { startInProcessApi } from '../support/api-in-process.ts';
import { claimJob, readRecord } from '../support/play-worker.ts';
import { useRedis } from '../support/redis.ts';
import { type TestStore, testTenant } from '../support/store.ts';
import { budgetOf, setTerms, usedOf } from '../support/terms.ts';
import { twoModels } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');

const job = {
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 1_000 },
};

/** A dispatcher that goes through what is due, without the rest of a process. */
function sweep(store: TestStore): void {
  const loaded = loadConfig({ path: 'test.yaml', text: config, env: () => undefined });
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems));
  const { catalog } = loaded.config;
  const failures: unknown[] = [];
  const events = createEvents<WorkerEventFields>((_, error) => failures.push(error));
  events.on('loop.failed', ({ error }) => failures.push(error));
  const queue = createTicketQueues({
    ...{ client: store.client, namespace: store.namespace, clock: systemClock },
    onError: (error) => failures.push(error),
  });
  const sweeper = createDueSweeper({
    ...{ jobs: store.jobs, lanes: store.lanes, queue, events, role: 'dispatcher' },
    ...{ clock: systemClock, giveUp: new AbortController().signal },
    catalog: () => catalog,
    live: { snapshot: () => ({ takenAtMs: 0, models: new Map() }) },
    ...{ brownout: { reasonFor: () => undefined }, quality: { of: () => () => undefined } },
    removedModels: () => new Set(),
    ...{ leaseMs: 15_000, sweepIntervalMs: 10, ticketCheckMs: 10_000 },
  });
  sweeper.start();
  onTestFinished(async () => {
    await sweeper.stop();
    await queue.close();
    expect(failures).toEqual([]);
  });
}

test('a job takes the output that a budget buys, and is refused when that is none', async () => {
  const api = await startInProcessApi(redis().url, config);
  // Output costs four dollars for a million tokens: what is asked for would cost 0.004 and more.
  const budget = budgetOf(1_000_000n, { whenShort: 'reject' });
  await setTerms(api.store, { budgets: [budget] });
  const client = await api.client(testTenant);
  const refused = await client.call('/v1/jobs', { body: job });
  expect([refused.status, refused.json()]).toMatchObject([402, { code: 'budget_exceeded' }]);
  const { id, raw } = await client.submit({ ...job, cap_output: true });
  expect(raw).toMatchObject({
    output_cap: { source: 'budget' },
    route: { candidates: [{ model: 'alpha' }, { model: 'beta' }] },
  });
  const { money, plan } = await readRecord(api, id);
  const [first] = plan.candidates;
  expect(first?.outputCapTokens).toBeLessThan(250);
  // One token more would not have fitted.
  expect(budget.limitNanoUsd - money.reserved).toBeLessThan(4_000n);
  const last = await client.call('/v1/jobs', { body: { ...job, cap_output: true } });
  expect([last.status, last.json()]).toMatchObject([402, { code: 'budget_exceeded' }]);
});

test('a job in line whose ceiling falls below its worst case waits on with what fits', async () => {
  const api = await startInProcessApi(redis().url, config);
  const budget = budgetOf(10n ** 9n);
  await setTerms(api.store, { budgets: [budget] });
  const client = await api.client(testTenant);
  await client.submit(job);
  const { reserved } = await usedOf(api.store);
  await setTerms(api.store, { budgets: [{ ...budget, limitNanoUsd: reserved }] });
  const held = await client.submit({ ...job, cap_output: true });
  expect(held.raw).toMatchObject({ status_reason: { code: 'held' } });
  await client.call(`/v1/jobs/${held.id}`, {
    ...{ method: 'PATCH', headers: { 'if-match': '*' } },
    body: { max_cost_usd: '0.002' },
  });
  const shard = api.store.keys.shardOf(testTenant);
  expect(await api.store.jobs.listDue(shard, 100)).toMatchObject([{ id: held.id }]);
  sweep(api.store);
  await waitUntil(async () => (await api.store.jobs.listDue(shard, 100)).length === 0, {
    what: 'the job to get a later check',
  });
  const { plan, waitsFor, money } = await readRecord(api, held.id);
  expect(waitsFor).toMatchObject({ kind: 'budget' });
  expect(money).toMatchObject({ ceiling: 2_000_000n, reserved: 0n });
  expect(BigInt(plan.candidates[0]?.reservationNanoUsd ?? '0')).toBeLessThanOrEqual(2_000_000n);
});

test('a job in line is cut to what came free, and takes no more than that', async () => {
  const api = await startInProcessApi(redis().url, config);
  const budget = budgetOf(10n ** 9n);
  const limitTo = (limitNanoUsd: bigint) =>
    setTerms(api.store, { budgets: [{ ...budget, limitNanoUsd }] });
  await limitTo(10n ** 9n);
  sweep(api.store);
  const client = await api.client(testTenant);
  const running = await client.submit(job);
  await claimJob(api, running.id);
  const small = await client.submit({ ...job, body: { ...job.body, max_tokens: 1 } });
  const { reserved } = await usedOf(api.store);
  await limitTo(reserved);
  const held = await client.submit({ ...job, cap_output: true });
  expect(held.raw).toMatchObject({ status_reason: { code: 'held' } });
  await limitTo(reserved + 1_000_000n);
  await client.call(`/v1/jobs/${small.id}/cancel`, { method: 'POST' });
  const going = await waitUntil(
    async () => {
      const record = await readRecord(api, held.id);
      return record.waitsFor === undefined && record;
    },
    { what: 'the job to go on' },
  );
  expect(going.whyChosen).toContain('its output is cut to');
  await claimJob(api, held.id);
  const { plan } = await readRecord(api, held.id);
  expect(plan.candidates[0]).toMatchObject({ model: 'alpha', outputCapSource: 'budget' });
  const used = await usedOf(api.store);
  expect(reserved + 1_000_000n - used.reserved).toBeLessThan(4_000n);
});
