/** What callers hear while more work waits than a model can take in time. */
import { newJobId, ticketId } from '@forebay/shared/domain/ids';
import type { PermitReturn } from '@forebay/shared/ports/lane-store';
import { expect, test } from 'vitest';
import { startInProcessApi } from '../support/api-in-process.ts';
import { useRedis } from '../support/redis.ts';
import { deploymentOf, type TestStore, testTenant } from '../support/store.ts';
import { budgetOf, setTerms } from '../support/terms.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();

const config = `
providers:
  sim: { dialect: openai, base_url: "http://127.0.0.1:9" }
models:
  slow:
    context_window: 100000
    price: { input: "1", output: "4", source: test }
    deployments: [{ name: main, provider: sim, concurrency: 1 }]
  dear:
    context_window: 100000
    price: { input: "100", output: "400", source: test }
    deployments: [{ name: main, provider: sim, concurrency: 1 }]
`;

const serviceMs = 5_000;
const deployment = deploymentOf('slow', { concurrency: 1 });

async function takePermit({ lanes }: TestStore): Promise<PermitReturn> {
  const call = { model: 'slow', ticket: ticketId(newJobId(), 1), holder: 'w1' };
  const permit = { ...call, deployments: [deployment], tokens: 1, holdMs: 60_000 };
  expect(await lanes.acquire(permit)).toMatchObject({ kind: 'granted' });
  return { ...call, deployment, reservedTokens: 1, usedTokens: 1, serviceMs: undefined };
}

/** A lane that has been measured, and is busy now. */
async function fillLane(store: TestStore): Promise<void> {
  await store.lanes.heartbeat('slow', 'w1');
  const times = { totalMs: serviceMs, firstByteMs: undefined, outputTokens: undefined };
  for (let n = 0; n < 10; n += 1) {
    const held = await takePermit(store);
    await store.lanes.release({ ...held, serviceMs, end: { outcome: 'succeeded', ...times } });
  }
  await takePermit(store);
}

test('a reply tells when a job will begin, and one that would be late is refused', async () => {
  const api = await startInProcessApi(redis().url, config);
  const client = await api.client(testTenant);
  await fillLane(api.store);
  const job = (changes: object = {}) => ({
    ...{ kind: 'chat.completions', model: 'slow' },
    body: { messages: [{ role: 'user', content: 'Say hello.' }] },
    ...changes,
  });
  const waitMs = async (path: string, body?: object): Promise<number> => {
    const answer = await client.call(path, body === undefined ? {} : { body });
    // The members that are read here are what the test is about.
    const { expected } = answer.json() as { expected: { start_at: string } | null };
    return Date.parse(expected?.start_at ?? '') - Date.now();
  };
  await waitUntil(async () => (await waitMs('/v1/route', job())) > 0, { what: 'live figures' });

  const jobs = [];
  for (let n = 0; n < 4; n += 1) jobs.push(await client.submit(job()));
  const [first, , , last] = jobs;
  expect(first?.raw).toMatchObject({ expected: { model: 'slow', cost_usd: expect.any(String) } });
  // Half a call until the one that runs ends, and three more jobs before it.
  const seen = await waitMs(`/v1/jobs/${last?.id}`);
  expect(seen).toBeGreaterThan(16_000);
  expect(seen).toBeLessThan(18_000);

  const soon = { timeout_seconds: 3 };
  await waitUntil(async () => (await waitMs('/v1/route', job())) > 20_000, { what: 'the line' });
  const refused = await client.call('/v1/jobs', { body: job(soon) });
  expect(refused.status).toBe(422);
  const why = {
    code: 'deadline_unreachable',
    param: 'deadline_at',
    errors: [
      { pointer: '/deadline_at', detail: expect.stringMatching(/^slow: .* about 2\d\.\d s/) },
    ],
  };
  expect(refused.json()).toMatchObject(why);
  const dryRun = async (changes: object) =>
    (await client.call('/v1/route', { body: job(changes) })).json();
  expect(await dryRun(soon)).toMatchObject({ refusal: why });
  expect(await dryRun({ ...soon, accept_late: true })).toMatchObject({ refusal: null });
  // It would begin within 24 s, and answer 5 s later.
  expect(await dryRun({ timeout_seconds: 26 })).toMatchObject({ refusal: why });
  const lines = [job({ custom_id: 'a', ...soon }), job({ custom_id: 'b' })];
  const bulk = await client.call('/v1/jobs:bulk', {
    body: `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`,
    headers: { 'content-type': 'application/x-ndjson' },
  });
  expect(bulk.text).toContain('"deadline_unreachable"');
  expect(bulk.text).toContain('"accepted":1');
  for (const taken of [
    { ...soon, accept_late: true },
    { ...soon, run_at: inAnHour() },
  ]) {
    expect((await client.submit(job(taken))).status).toMatch(/queued|scheduled/);
  }

  // The other model could begin at once, but is too dear for what is left of the budget.
  await setTerms(api.store, { budgets: [budgetOf(600_000n, { whenShort: 'reject' })] });
  const models = { model: undefined, models: ['dear', 'slow'] };
  const body = { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 200 };
  const cut = { ...job(soon), ...models, body, cap_output: true };
  const late = await client.call('/v1/jobs', { body: cut });
  expect([late.status, late.json()]).toMatchObject([422, { code: 'deadline_unreachable' }]);
  const patient = await client.submit({ ...cut, accept_late: true });
  expect(patient.raw).toMatchObject({ output_cap: { source: 'budget' } });
});

function inAnHour(): string {
  return new Date(Date.now() + 3_600_000).toISOString();
}
