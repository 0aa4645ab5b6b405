/**
 * What one job asks of its tenant's slot, or of any other that holds money, counted on the wire:
 * budgets must add no round trip to what a job cost before there were any. What goes to other keys
 * than the jobs' own counts by the kind of its key, and a trip of each job shows as often as there
 * are jobs; what goes by the clock, or is remembered for a while, does not.
 */
import { type ScriptName, scriptKeyCounts } from '@forebay/shared/redis/script-registry';
import { loadScript } from '@forebay/shared/redis/script-runner';
import { expect, test } from 'vitest';
import { startForebay } from '../support/forebay.ts';
import { createApiClient } from '../support/http.ts';
import { useRedis } from '../support/redis.ts';
import { testTenant, useStore } from '../support/store.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { budgetOf } from '../support/terms.ts';
import { twoModels, twoModelsScenario } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const jobs = 20;

/**
 * As it was before budgets (commit 095174b): one script to take a job in, one to give it to a
 * worker, one to end it. The lines of a bulk call are taken in some at a time, as they arrive.
 */
const callsOfSingles = { admit: jobs, claim: jobs, settle: jobs };
const callsOfLines = { claim: jobs, settle: jobs };
const groupsMax = jobs / 4;

const namesByDigest = new Map(
  // The registry's own names.
  (Object.keys(scriptKeyCounts) as ScriptName[]).map((name) => [loadScript(name).digest, name]),
);

/** What dispatchers ask of each shard every second. */
const sweeps = /^(zrangebyscore|outbox-take) \S+:due$/;

/**
 * What a command is called that goes to a shard, to what shards share of budgets, or to an API key:
 * by its name alone where it is about a job, else with the kind of its key; `undefined` for every
 * other one.
 */
function callOf(words: readonly string[]): string | undefined {
  const [command = '', first = '', , key = ''] = words;
  // A script is sent as text only once, after its digest was counted.
  if (command === 'EVAL') return undefined;
  const on = command === 'EVALSHA' ? key : words.slice(1).find((word) => word.includes('{'));
  if (on === undefined || !/\{(s:|k:|escrow)/.test(on)) return undefined;
  const name = namesByDigest.get(first) ?? command.toLowerCase();
  // Ids and hashes differ for each job.
  const kind = on.replaceAll(/[\w-]{20,}/g, '*');
  const call = on.includes(`:${testTenant}:job_`) ? name : `${name} ${kind}`;
  return sweeps.test(call) ? undefined : call;
}

const request = (n: number) => ({
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: `job ${n}` }] },
  max_cost_usd: '0.01',
});

test('a job costs its tenant’s slot three calls, with budgets as without', async () => {
  const proxy = await startTcpProxy(redis().port);
  const forebay = await startForebay({
    redisUrl: proxy.url,
    config: twoModels,
    scenario: twoModelsScenario,
    // Neither a renewal nor a look at a ticket falls into so short a run.
    env: { FOREBAY_LEASE_MS: '60000', FOREBAY_TICKET_CHECK_MS: '60000' },
  });
  const [{ url }, store] = await Promise.all([
    forebay.startApi(),
    useStore(redis().url, { namespace: forebay.namespace }),
  ]);
  await forebay.startWorker('w1');
  const api = createApiClient({ url, key: forebay.apiKey });
  let expected = 0;

  async function count(submit: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> {
    const calls: Record<string, number> = {};
    proxy.loseReplies((words) => {
      const name = callOf(words);
      if (name !== undefined) calls[name] = (calls[name] ?? 0) + 1;
      return false;
    });
    await submit();
    expected += jobs;
    const shard = store.keys.shardOf(testTenant);
    const done = async () => (await store.client.zcard(store.keys.ended(shard))) === expected;
    await waitUntil(done, { what: 'all jobs to end', timeoutMs: 30_000 });
    return calls;
  }
  // One before the others: what is remembered of a key is then asked for once.
  const singles = () =>
    count(async () => {
      await api.submit(request(0));
      await Promise.all(Array.from({ length: jobs - 1 }, (_, n) => api.submit(request(n))));
    });
  const lines = (query: string) =>
    count(async () => {
      const body = Array.from({ length: jobs }, (_, n) => JSON.stringify(request(n))).join('\n');
      const headers = { 'content-type': 'application/x-ndjson' };
      const answer = await api.call(`/v1/jobs:bulk${query}`, { method: 'POST', body, headers });
      expect(answer.status, answer.text).toBe(200);
    });
  const ofEachJob = (calls: Readonly<Record<string, number>>) =>
    Object.fromEntries(
      Object.entries(calls).filter(([call, times]) => !call.includes(' ') || times >= jobs),
    );
  const expectOfLines = (calls: Readonly<Record<string, number>>): void => {
    const { admit, ...others } = ofEachJob(calls);
    expect(others).toEqual(callsOfLines);
    expect(admit).toBeLessThanOrEqual(groupsMax);
  };

  expect(ofEachJob(await singles()), 'without budgets').toEqual(callsOfSingles);
  expectOfLines(await lines(''));
  const windows = [
    { kind: 'total' },
    { kind: 'calendar', period: 'day', timeZone: 'Europe/Berlin' },
    { kind: 'rolling', period: 'month' },
  ] as const;
  const budgets = windows.map((window) => budgetOf(1_000_000_000_000n, { window }));
  const inFlight = [{ subject: { kind: 'tenant' }, max: 1_000 }] as const;
  await store.terms.edit(testTenant, (terms) => ({ ...terms, budgets, inFlight }));
  expect(ofEachJob(await singles()), 'with budgets').toEqual(callsOfSingles);
  expectOfLines(await lines('?max_cost_usd=1'));
}, 90_000);
