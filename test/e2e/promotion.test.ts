/**
 * More urgent work than the cheap model can take: real processes, of which the dispatcher dies in
 * the middle of a promotion. Orders and counts; `npm run proof -- overload` has the figures.
 */
import { parseUsd } from '@forebay/shared/domain/money';
import { expect, test } from 'vitest';
import { startForebay } from '../support/forebay.ts';
import { createApiClient } from '../support/http.ts';
import { useRedis } from '../support/redis.ts';
import {
  type SpareView,
  spareConfig,
  spareRequest,
  spareScenario,
} from '../support/spare-model.ts';
import { expectMoneyHolds, readAllEnded } from '../support/verdict.ts';

const redis = useRedis();

/** More than the spare model has places. */
const urgentCount = 10;
/** Both places of the primary one, and a job that waits. */
const bulkCount = 3;
const serviceMs = 20;

const usd = (text: string): bigint => parseUsd(text) ?? raise();

function raise(): never {
  throw new Error('no amount');
}

test('urgent jobs take the spare places, once each, although a dispatcher dies', async () => {
  const forebay = await startForebay({
    redisUrl: redis().url,
    config: spareConfig('{urgent: 500ms}'),
    scenario: spareScenario,
  });
  const { simulator } = forebay;
  const [{ url }, , armed] = await Promise.all([
    forebay.startApi(),
    forebay.startWorker('pools', { FOREBAY_ROLES: 'pool,webhooks' }),
    forebay.startWorker('armed', {
      FOREBAY_ROLES: 'dispatcher',
      FOREBAY_CRASH_AT: 'dispatcher.after-reassign',
    }),
  ]);
  const api = createApiClient({ url, key: forebay.apiKey });
  const submit = (count: number, priority: 'urgent' | 'bulk') =>
    Promise.all(
      Array.from({ length: count }, (_, n) => api.submit(spareRequest({ n, priority, serviceMs }))),
    );
  simulator.hold({ model: 'primary' });
  const waiting = await submit(bulkCount, 'bulk');
  expect(await simulator.waitForHeld(2, 10_000, { model: 'primary' })).toBe(true);
  const moving = await submit(urgentCount, 'urgent');
  expect((await armed.exited).signal).toBe('SIGKILL');
  await forebay.startWorker('rescuer', { FOREBAY_ROLES: 'dispatcher' });
  const idsOf = (jobs: readonly { readonly id: string }[]) => jobs.map(({ id }) => id);
  const ended = await readAllEnded(api, idsOf(moving));
  simulator.release({ model: 'primary' });
  const jobs = [...(await readAllEnded(api, idsOf(waiting))), ...ended];
  expect(new Set(jobs.map(({ status }) => status))).toEqual(new Set(['succeeded']));
  expectMoneyHolds(jobs, simulator);
  // The API's own tests prove the shape of a job.
  const views = jobs.map(({ raw }) => raw as unknown as SpareView);
  const bulk = views.slice(0, bulkCount);
  const urgent = views.slice(bulkCount);
  expect(new Set(bulk.map(({ model }) => model))).toEqual(new Set(['primary']));
  for (const { promotion, model } of urgent) {
    expect(promotion).toMatchObject({ from: 'primary', to: 'spare' });
    expect(usd(promotion?.premium_usd ?? '')).toBeGreaterThan(0n);
    expect(model).toBe('spare');
  }
  // Each job was called once, and none has passed its ceiling.
  expect(views.map(({ attempts }) => attempts.length)).toEqual(views.map(() => 1));
  expect(simulator.calls()).toHaveLength(views.length);
  for (const { cost } of views) {
    expect(usd(cost.spent) + usd(cost.unknown)).toBeLessThanOrEqual(usd(cost.ceiling));
  }
}, 60_000);
