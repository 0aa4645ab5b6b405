/** Real workers are killed while they hold jobs; every job must end, once (P1, P2, P9, F2). */
import { describe, expect, it } from 'vitest';
import { expectAuditAgrees } from '../support/audit-money.ts';
import { startForebay, type TestForebay } from '../support/forebay.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { useRedis } from '../support/redis.ts';
import { twoModels, twoModelsScenario } from '../support/two-models.ts';
import { expectMoneyHolds, expectOneEventEach, readAllEnded } from '../support/verdict.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();

async function start(config = twoModels): Promise<{ forebay: TestForebay; api: ApiClient }> {
  const forebay = await startForebay({
    redisUrl: redis().url,
    config,
    scenario: twoModelsScenario,
  });
  const { url } = await forebay.startApi();
  return { forebay, api: createApiClient({ url, key: forebay.apiKey }) };
}

async function submitMany(
  { forebay, api }: { forebay: TestForebay; api: ApiClient },
  count: number,
  model = 'alpha',
): Promise<string[]> {
  const submit = (n: number) =>
    api.submit({
      kind: 'chat.completions',
      model,
      body: { messages: [{ role: 'user', content: `job ${n}: say hello` }] },
      max_cost_usd: '0.05',
      webhook: { url: `${forebay.simulator.sinkUrl}/ok` },
    });
  const jobs = await Promise.all(Array.from({ length: count }, (_, n) => submit(n)));
  return jobs.map((job) => job.id);
}

/** The api looks at the lanes about once a second; until then a new pool counts as dead. */
async function waitUntilPlanned(api: ApiClient, model: string): Promise<void> {
  const request = {
    kind: 'chat.completions',
    model,
    body: { messages: [{ role: 'user', content: 'where to?' }] },
  };
  const firstCandidate = new RegExp(`"candidates":\\[\\{"model":"${model}"`);
  await waitUntil(
    async () => firstCandidate.test((await api.call('/v1/route', { body: request })).text),
    { what: `jobs to be planned for ${model}` },
  );
}

describe('losing a worker', () => {
  it('ends all 20 jobs of a killed worker elsewhere, once, with one event each', async () => {
    const setup = await start();
    const { forebay, api } = setup;
    const doomed = await forebay.startWorker('doomed', { FOREBAY_ROLES: 'pool' });
    forebay.simulator.hold({ model: 'alpha' });
    const ids = await submitMany(setup, 20);
    expect(await forebay.simulator.waitForHeld(20, 10_000, { model: 'alpha' })).toBe(true);
    await forebay.startWorker('living');
    await doomed.kill('SIGKILL');
    forebay.simulator.release({ model: 'alpha' });
    const jobs = await readAllEnded(api, ids);
    expect(new Set(jobs.map((job) => job.status))).toEqual(new Set(['succeeded']));
    for (const job of jobs) expect(job.attempts.length).toBe(2);
    expectMoneyHolds(jobs, forebay.simulator);
    await expectAuditAgrees(redis().url, forebay.namespace);
    expect(await forebay.simulator.waitForDeliveries(20, 10_000)).toBe(true);
    expectOneEventEach(jobs, forebay.simulator);
  });

  // With a full lane, and with room in it.
  it.each([30, 5])('runs %i jobs of a dead pool on the fallback model', async (count) => {
    const setup = await start();
    const { forebay, api } = setup;
    // This worker serves only beta, so that alpha has no pool at all once the first one is dead.
    const onlyBeta = await forebay.startWorker('beta-only', { FOREBAY_POOL_MODELS: 'beta' });
    const doomed = await forebay.startWorker('doomed', { FOREBAY_ROLES: 'pool' });
    await waitUntilPlanned(api, 'alpha');
    forebay.simulator.hold({ model: 'alpha' });
    const ids = await submitMany(setup, count);
    expect(
      await forebay.simulator.waitForHeld(Math.min(count, 20), 10_000, { model: 'alpha' }),
    ).toBe(true);
    await doomed.kill('SIGKILL');
    forebay.simulator.release({ model: 'alpha' });
    const jobs = await readAllEnded(api, ids);
    expect(new Set(jobs.map((job) => job.status))).toEqual(new Set(['succeeded']));
    expect(new Set(jobs.map((job) => job.model))).toEqual(new Set(['beta']));
    expectMoneyHolds(jobs, forebay.simulator);
    await expectAuditAgrees(redis().url, forebay.namespace);
    expect(onlyBeta.output()).not.toContain('listener.failed');
  });

  it('quarantines a job that ends two workers', async () => {
    const setup = await start();
    const { forebay, api } = setup;
    await forebay.startWorker('dispatcher', { FOREBAY_ROLES: 'dispatcher,webhooks' });
    const crash = { FOREBAY_ROLES: 'pool', FOREBAY_CRASH_AT: 'worker.after-call' };
    await forebay.startWorker('first', crash);
    const [id = ''] = await submitMany(setup, 1);
    await forebay.startWorker('second', crash);
    const [job] = await readAllEnded(api, [id]);
    expect(job?.status).toBe('failed');
    expect(job?.raw['error']).toMatchObject({ code: 'quarantined' });
    expect(job?.attempts).toHaveLength(2);
    expectMoneyHolds(job === undefined ? [] : [job], forebay.simulator);
  });
});
