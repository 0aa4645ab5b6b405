/**
 * Shadows in a world of their own: real pools, a real api, the simulator. What the caller sees is
 * the same with a shadow and without; what the operator's tenant sees is the shadow.
 */
import { checkShadows } from '@forebay/cli/doctor/check-shadows';
import { readEnv } from '@forebay/shared/config/read-env';
import type { ShadowOutcome } from '@forebay/worker/worker-events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startForebay, type TestForebay } from '../support/forebay.ts';
import type { ApiClient, JobView } from '../support/http.ts';
import { startApiHere, startWorkerHere } from '../support/processes-here.ts';
import { listMember, textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { registerKey } from '../support/register-key.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();

/** Twenty tokens of output are nearly all that a job may cost, and what it does cost: 0.002 USD. */
const model = (name: string, concurrency: number): string => `
  ${name}:
    context_window: 100000
    default_output_tokens: 20
    price: { input: "0.001", output: "100", source: simulator }
    deployments: [{ provider: sim, concurrency: ${concurrency} }]`;

const config = `
providers:
  sim: { dialect: openai, base_url: SIMULATOR/v1, api_key_env: PROVIDER_KEY }
models:${model('plain', 20)}${model('next', 1)}
routes:
  seen: { targets: [plain], shadow: { model: next, percent: 100, tenant: lab, expires: 1m } }
  same: { targets: [plain] }
`;

const price = `
    price:
      input_per_million_usd: "0.001"
      cached_input_per_million_usd: "0.001"
      output_per_million_usd: "100"`;
const scenario = `models:\n  plain:${price}\n  next:${price}\n`;

interface World {
  readonly forebay: TestForebay;
  readonly api: ApiClient;
  readonly operator: ApiClient;
  /** Of the tenant that has the shadows. */
  readonly lab: Readonly<Record<string, string>>;
  /** What became of jobs that were drawn, as both dispatchers told. */
  readonly outcomes: ShadowOutcome[];
}

let world: World;
const ends: (() => Promise<void> | void)[] = [];
const atEnd = (end: () => Promise<void> | void): void => void ends.push(end);

beforeAll(async () => {
  const redisUrl = redis().url;
  const forebay = await startForebay({ redisUrl, config, scenario, atEnd });
  const [{ api, operator }, labKey, ...workers] = await Promise.all([
    startApiHere(forebay, atEnd),
    registerKey(redisUrl, forebay.namespace, { name: 'lab' }),
    startWorkerHere(forebay, { name: 'w1', roles: 'pool,dispatcher,webhooks' }, atEnd),
    startWorkerHere(forebay, { name: 'w2', roles: 'dispatcher' }, atEnd),
  ]);
  const outcomes: ShadowOutcome[] = [];
  for (const events of workers) {
    events.on('shadow.judged', ({ outcome }) => outcomes.push(outcome));
  }
  world = { forebay, api, operator, lab: { authorization: `Bearer ${labKey}` }, outcomes };
}, 60_000);

afterAll(async () => {
  for (const end of ends.toReversed()) await end();
}, 30_000);

/** All ask for the same, so that only the route can make a difference. */
function jobOf(route: string) {
  const content = '[[sim:output_tokens count=20]] Say hello.';
  return {
    ...{ kind: 'chat.completions', model: route, user: 'ann', metadata: { app: 'shop' } },
    body: { messages: [{ role: 'user', content }] },
    webhook: { url: `${world.forebay.simulator.sinkUrl}/ok` },
  };
}

async function answer(route: string): Promise<JobView> {
  const { id } = await world.api.submit(jobOf(route));
  return world.api.readEnded(id);
}

/** @returns the path of the budget. */
async function setBudget(limitUsd: string): Promise<string> {
  const path = '/admin/v1/tenants/lab/budgets';
  const body = { limit_usd: limitUsd, period: 'total', when_short: 'reject' };
  const made = await world.operator.call(path, { body });
  expect(made.status, made.text).toBe(201);
  return `${path}/${textMember(made.json(), 'id')}`;
}

const callsOf = (name: string) =>
  world.forebay.simulator.calls().filter((call) => call.model === name);

const read = async (path: string) => (await world.api.call(path)).json();

/** What the tenant that has them sees of the shadows. */
async function shadows(): Promise<readonly unknown[]> {
  const { headers } = { headers: world.lab };
  return listMember((await world.api.call('/v1/jobs', { headers })).json(), 'data');
}

const told = (outcome: ShadowOutcome, count: number) =>
  waitUntil(() => world.outcomes.filter((each) => each === outcome).length >= count, {
    what: `${count} times ${outcome}`,
  });

/** Until the live figures are there plans say nothing of times, and later ones would differ. */
async function plansKnowTimes(route: string): Promise<void> {
  const { webhook: _, ...body } = jobOf(route);
  await waitUntil(
    async () => {
      const { text } = await world.api.call('/v1/route', { body });
      return /"expected_seconds":\d/.test(text);
    },
    { what: 'a measured time in a plan' },
  );
}

/** Without what differs between any two jobs: ids, times, figures of speed, and here the route. */
function alike(body: unknown): unknown {
  const plain = JSON.stringify(body)
    .replaceAll(/(job|evt|whe|chatcmpl|req)[_-][0-9a-z]{10,}/g, '$1')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time')
    .replaceAll(/"(created|expected_seconds|expected_start_seconds)":[\d.]+/g, '"$1":0')
    .replaceAll(/about [\d.]+ m?s/g, 'soon')
    .replaceAll(/"(seen|same)"/g, '"route"');
  return JSON.parse(plain);
}

/** What `forebay doctor` finds. */
function doctor() {
  const read = readEnv(world.forebay.env);
  if (read.kind === 'invalid') throw new Error('the environment is that of all processes');
  return checkShadows(read.env);
}

test('without a budget of its own no shadow is made', async () => {
  await answer('seen');
  await told('no_budget', 1);
  expect(callsOf('next')).toEqual([]);
  expect(await doctor()).toMatchObject([{ name: 'shadows of seen', finding: { status: 'wrong' } }]);
});

test('a budget for three makes three, and their jobs look like those without', async () => {
  await plansKnowTimes('seen');
  // Two cost 0.002 each, and the third must fit beside them; a fourth would not.
  const budget = await setBudget('0.0075');
  expect(await doctor()).toMatchObject([{ finding: { status: 'ok' } }]);
  const seen = await Promise.all(Array.from({ length: 5 }, () => answer('seen')));
  const same = await answer('same');
  const answered = seen.length + 2;
  await told('over_budget', 1);
  await waitUntil(() => callsOf('next').length === 3, { what: 'three calls' });
  expect(world.outcomes.filter((outcome) => outcome === 'made')).toHaveLength(3);
  expect(callsOf('plain')).toHaveLength(answered);

  const [first] = await Promise.all(seen.map(({ id }) => world.api.read(id)));
  expect(alike(first?.raw)).toEqual(alike(same.raw));
  const { simulator } = world.forebay;
  expect(await simulator.waitForDeliveries(answered, 10_000)).toBe(true);
  const events = simulator
    .deliveries()
    .map((sent) => alike(JSON.parse(Buffer.from(sent.body_base64, 'base64').toString())));
  expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(1);
  const own = listMember(await read('/v1/jobs'), 'data');
  expect(own).toHaveLength(answered);
  const usage = await read('/v1/usage');
  expect(listMember(usage, 'data')).toMatchObject([
    { jobs: answered, spent_usd: expect.stringMatching(/^0\.014/) },
  ]);
  await world.operator.call(budget, { method: 'DELETE' });
});

const textOf = (path: string) => world.api.call(path, { headers: world.lab });

test('a shadow is the job of a tenant of its own, without text and without a caller', async () => {
  const jobs = await shadows();
  expect(jobs).toHaveLength(3);
  for (const job of jobs) {
    expect(job).toMatchObject({ status: 'succeeded', model: 'next', user: null, priority: 9 });
    const id = textMember(job, 'id');
    expect((await world.api.call(`/v1/jobs/${id}`)).status).toBe(404);
    const { text } = await textOf(`/v1/jobs/${id}`);
    expect(JSON.parse(text)).toMatchObject({
      result: {},
      cost: { spent: expect.stringMatching(/^0\.002/) },
    });
    expect(text).not.toMatch(/output_tokens count|"ann"|"shop"/);
    const retried = await world.api.call(`/v1/jobs/${id}/retry`, {
      method: 'POST',
      headers: world.lab,
    });
    expect(retried.json()).toMatchObject({ code: 'job_not_retryable' });
  }
});

test('an operator compares shadows with their jobs', async () => {
  const compare = (path: string) => world.operator.call(`/admin/v1/shadows/${path}`);
  const compared = await compare('seen?limit=10');
  const side = { outcomes: { succeeded: 3 }, cost_usd: '0.006000042' };
  expect(compared.json()).toMatchObject({
    ...{ object: 'shadow_comparison', route: 'seen', model: 'next', percent: 100, tenant: 'lab' },
    ...{ looked_at: 3, shadows: 3, open: 0, pairs: 3, original: side, shadow: side },
    by_model: [{ model: 'plain', pairs: 3 }],
  });
  expect((await compare('same')).status).toBe(404);
  expect((await compare('seen?limit=0')).status).toBe(400);
  expect((await compare('seen?limit=1001')).status).toBe(400);
});

test('a job that is deleted takes the request of its shadow with it', async () => {
  const { simulator } = world.forebay;
  await setBudget('1');
  simulator.hold({ model: 'next' });
  await answer('seen');
  expect(await simulator.waitForHeld(1, 10_000, { model: 'next' })).toBe(true);
  const { id } = await answer('seen');
  await told('made', 5);
  const gone = await world.api.call(`/v1/jobs/${id}`, { method: 'DELETE' });
  expect(gone.status).toBeLessThan(300);
  simulator.release({ model: 'next' });
  const failed = await waitUntil(
    async () => (await shadows()).find((job) => textMember(job, 'status') === 'failed'),
    { what: 'the shadow to end' },
  );
  expect(failed).toMatchObject({
    error: { code: 'payload_unreadable' },
    cost: { spent: '0', unknown: '0' },
    metadata: { shadow_of: id, shadow_of_tenant: 'dev', shadow_route: 'seen' },
  });
  expect(callsOf('next')).toHaveLength(4);
});
