/**
 * Health of deployments over four workers: breakers, rates and limits. Orders and counts; shares
 * and speeds are what `npm run proof -- routing` shows.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startForebay, type TestForebay } from '../support/forebay.ts';
import type { ApiClient } from '../support/http.ts';
import { startApiHere, startWorkerHere } from '../support/processes-here.ts';
import { listMember, textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();

const model = (name: string, lines: readonly string[]): string => `
  ${name}:
    context_window: 100000
    default_output_tokens: 20
    price: { input: "1", output: "4", source: simulator }
${lines.map((line) => `    ${line}\n`).join('')}`;

const providerText = (name: string): string =>
  `  ${name}: { dialect: openai, base_url: SIMULATOR/d/${name}/v1 }\n`;

const weighted = ['heavy', 'light'];
const placesOf = (name: string): string =>
  `deployments: [{ provider: main, model: ${name}, concurrency: 9 }]`;

const places = ['main', 'frail', 'big', 'small'];
const config = `
providers:
${places.map(providerText).join('')}
models:
${model('frail', [
  'breaker: { failures: 3, open: 500ms, max_open: 500ms, ramp: 1500ms }',
  'deployments: [{ provider: frail, concurrency: 4 }]',
])}
${model('pair', [
  'deployments: [{ provider: big, concurrency: 6 }, { provider: small, concurrency: 2 }]',
])}
${weighted.map((name) => model(name, [placesOf(name)])).join('')}
${model('limited', ['deployments: [{ provider: main, concurrency: 20, rpm: 600, rpm_burst: 1 }]'])}
routes:
  auto:
    strategy: weighted
    targets: [{ model: heavy, weight: 3 }, { model: light, weight: 1 }]
`;

const outage = {
  default: { latency_ms: 40 },
  deployments: {
    frail: { default: { faults: [{ kind: 'server_error', every: 1, params: { status: 500 } }] } },
  },
};

interface World {
  readonly forebay: TestForebay;
  readonly api: ApiClient;
  readonly operator: ApiClient;
  /** Breakers as workers saw them change, in order. */
  readonly changes: string[];
}

let world: World;
const ends: (() => Promise<void> | void)[] = [];
const atEnd = (end: () => Promise<void> | void): void => void ends.push(end);

beforeAll(async () => {
  const scenario = JSON.stringify(outage);
  const forebay = await startForebay({ redisUrl: redis().url, config, scenario, atEnd });
  const { api, operator } = await startApiHere(forebay, atEnd);
  const changes: string[] = [];
  // One dispatcher is enough; the pools are what must agree.
  const workers = ['pool,dispatcher', 'pool', 'pool', 'pool'].map((roles, n) =>
    startWorkerHere(forebay, { name: `w${n + 1}`, roles }, atEnd),
  );
  for (const events of await Promise.all(workers)) {
    events.on('breaker.changed', ({ state }) => changes.push(state));
  }
  world = { forebay, api, operator, changes };
}, 60_000);

afterAll(async () => {
  for (const end of ends.toReversed()) await end();
}, 30_000);

async function submit(name: string, count: number): Promise<readonly string[]> {
  const request = (n: number) => ({
    ...{ kind: 'chat.completions', model: name, max_cost_usd: '0.05' },
    body: { messages: [{ role: 'user', content: `${name} ${n}` }] },
  });
  const jobs = Array.from({ length: count }, (_, n) => world.api.submit(request(n)));
  return (await Promise.all(jobs)).map(({ id }) => id);
}

/** When the calls of a model arrived, in order, and how each ended. */
function arrivals(name: string): readonly { readonly atMs: number; readonly ok: boolean }[] {
  return world.forebay.simulator
    .calls()
    .filter((call) => call.model === name)
    .map((call) => ({ atMs: Date.parse(call.at), ok: call.ending === 'answered' }))
    .sort((left, right) => left.atMs - right.atMs);
}

const ended = (name: string, count: number) =>
  waitUntil(() => arrivals(name).length >= count, { what: `${count} calls`, timeoutMs: 20_000 });

function mostAtOnce(deployment: string): number {
  const lanes = world.forebay.simulator.stats().lanes.filter((l) => l.deployment === deployment);
  return Math.max(0, ...lanes.map((lane) => lane.max_in_flight));
}

test('deployments are filled to their limits over all workers, and never above', async () => {
  const { simulator } = world.forebay;
  simulator.hold({ model: 'pair' });
  await submit('pair', 24);
  expect(await simulator.waitForHeld(8, 20_000, { model: 'pair' })).toBe(true);
  const held = simulator.stats().lanes.map(({ deployment, held: count }) => [deployment, count]);
  expect(Object.fromEntries(held)).toMatchObject({ big: 6, small: 2 });
  simulator.release({ model: 'pair' });
  await ended('pair', 24);
  expect(mostAtOnce('big')).toBe(6);
  expect(mostAtOnce('small')).toBe(2);
});

test('one breaker for all workers: one try at a time, then step by step', async () => {
  const ids = await submit('frail', 24);
  const opened = async () => world.changes.filter((state) => state === 'open').length >= 4;
  await waitUntil(opened, { what: 'three tries to fail', timeoutMs: 20_000 });
  const { text } = await world.operator.call('/admin/v1/models');
  const shown = /"id":"frail\/\w+".*?"breaker":\{"state":"(\w+)","reason":"(\w+)"/.exec(text);
  expect(['open', 'half_open']).toContain(shown?.[1]);
  expect(shown?.[2]).toBe('server_error');
  world.forebay.simulator.setScenario({ default: { latency_ms: 100 } });
  await Promise.all(ids.map((id) => world.api.readEnded(id, 30_000)));

  const calls = arrivals('frail');
  const failed = calls.filter(({ ok }) => !ok);
  // Those that were under way when it opened, then one for each time that it was half open.
  const tries = failed.slice(failed.findIndex((_, n) => n > 0 && gap(failed, n) > 400));
  expect(failed.length - tries.length).toBeLessThanOrEqual(8);
  expect(tries.length).toBeGreaterThanOrEqual(3);
  for (let n = 1; n < tries.length; n += 1) expect(gap(tries, n)).toBeGreaterThan(430);
  const answered = calls.filter(({ ok }) => ok);
  const [first] = answered;
  // A call takes 100 ms and for the first half second only one may run, where four could.
  const early = answered.filter(({ atMs }) => atMs - (first?.atMs ?? 0) < 500);
  expect(early.length).toBeLessThanOrEqual(6);
  expect(world.changes.slice(-2)).toEqual(['ramping', 'closed']);
  const health = /"id":"frail".*?"health":"(\w+)"/;
  const isWell = async () => health.exec((await world.api.call('/v1/models')).text)?.[1] === 'ok';
  await waitUntil(isWell, { what: 'the model to be well', timeoutMs: 5_000 });
});

function gap(calls: readonly { readonly atMs: number }[], n: number): number {
  return (calls[n]?.atMs ?? 0) - (calls[n - 1]?.atMs ?? 0);
}

test('jobs of a weighted route run where their plans put them first, once each', async () => {
  const ids = await submit('auto', 24);
  const jobs = await Promise.all(ids.map((id) => world.api.readEnded(id, 20_000)));
  const ran = jobs.map(({ raw }) => raw['model']);
  const first = jobs.map(({ raw }) => {
    const [candidate] = listMember(raw['route'], 'candidates');
    return textMember(candidate, 'model');
  });
  expect(ran).toEqual(first);
  for (const name of weighted) {
    expect(arrivals(name)).toHaveLength(ran.filter((model) => model === name).length);
  }
  expect(arrivals('heavy').length + arrivals('light').length).toBe(24);
});

test('a rate for each minute holds over all workers', async () => {
  await submit('limited', 20);
  await ended('limited', 20);
  const calls = arrivals('limited');
  // 600 a minute are ten a second; what a call needs to arrive may differ by a few.
  for (let n = 0; n + 12 < calls.length; n += 1) {
    expect((calls[n + 12]?.atMs ?? 0) - (calls[n]?.atMs ?? 0)).toBeGreaterThan(1_000);
  }
});
