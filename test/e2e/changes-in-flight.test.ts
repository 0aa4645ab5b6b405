/**
 * Jobs whose priority, deadline and ceiling change all the time while real workers take their
 * tickets: each still runs once and ends once, and no ticket is lost for good (P1, P2, F34, F35).
 */
import { expect, test } from 'vitest';
import { startForebay } from '../support/forebay.ts';
import { createApiClient } from '../support/http.ts';
import { useRedis } from '../support/redis.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { twoModels, twoModelsScenario } from '../support/two-models.ts';
import { expectMoneyHolds, readAllEnded } from '../support/verdict.ts';

const redis = useRedis();
const seed = 14;
const jobCount = 60;
const changeCount = 240;

test('jobs that change all the time run once and end once', async () => {
  const config = twoModels.replaceAll('concurrency: 20', 'concurrency: 4');
  const forebay = await startForebay({
    redisUrl: redis().url,
    config,
    scenario: twoModelsScenario,
  });
  const { url } = await forebay.startApi();
  const api = createApiClient({ url, key: forebay.apiKey });
  const { simulator } = forebay;
  simulator.hold({ model: 'alpha' });
  const submissions = Array.from({ length: jobCount }, () =>
    api.submit({
      kind: 'chat.completions',
      model: 'alpha',
      body: { messages: [{ role: 'user', content: 'Say hello.' }] },
      max_cost_usd: '0.05',
    }),
  );
  const ids = (await Promise.all(submissions)).map(({ id }) => id);
  await Promise.all([forebay.startWorker('one'), forebay.startWorker('two')]);
  expect(await simulator.waitForHeld(4, 10_000, { model: 'alpha' })).toBe(true);

  const random = seededRandom(seed);
  const pick = (below: number): number => Math.floor(random() * below);
  const statuses = new Set<number>();
  const change = async (n: number): Promise<void> => {
    // From here on workers take tickets while those change.
    if (n === changeCount / 4) simulator.release({ model: 'alpha' });
    const body = [
      { priority: pick(10) },
      { timeout_seconds: 300 + pick(300) },
      { max_cost_usd: '0.06' },
      { priority: pick(10), timeout_seconds: 300 + pick(300) },
    ][pick(4)];
    const call = { method: 'PATCH', body, headers: { 'if-match': '*' } };
    statuses.add((await api.call(`/v1/jobs/${ids[pick(jobCount)]}`, call)).status);
  };
  const changers = Array.from({ length: 4 }, async (_, lane) => {
    for (let n = lane; n < changeCount; n += 4) await change(n);
  });
  await Promise.all(changers);

  const jobs = await readAllEnded(api, ids);
  // Changed, or ended already.
  expect([...statuses].filter((status) => status !== 200 && status !== 409)).toEqual([]);
  expect(new Set(jobs.map(({ status }) => status))).toEqual(new Set(['succeeded']));
  expect(jobs.filter(({ attempts }) => attempts.length !== 1)).toEqual([]);
  expect(simulator.requests()).toHaveLength(jobCount);
  expectMoneyHolds(jobs, simulator);
});
