/**
 * The archiver dies at each of its crash points as by `kill -9`, and its successor archives the
 * rest: no job is lost, doubled or changed by a byte.
 */
import type { CrashPoint } from '@forebay/shared/runtime/crash-point';
import { crashPoints } from '@forebay/shared/runtime/crash-point';
import { expect, test } from 'vitest';
import { startForebay, type TestForebay } from '../support/forebay.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { useRedis } from '../support/redis.ts';
import { type TestStore, testTenant, useStore } from '../support/store.ts';
import { twoModels, twoModelsScenario } from '../support/two-models.ts';
import { expectMoneyHolds, expectOneEventEach, readAllEnded } from '../support/verdict.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const points = crashPoints.filter((point) => point.startsWith('archiver.'));
const jobsPerPoint = 6;
/** Archives at once, and soon takes over from an archiver that died. */
const archiving = {
  FOREBAY_ROLES: 'dispatcher',
  FOREBAY_ARCHIVE_AFTER_MS: '0',
  FOREBAY_LEASE_MS: '400',
};

function requestFor(forebay: TestForebay, n: number): object {
  const fault = n % 3 === 0 ? '[[sim:server_error status=503 model=alpha]]' : '';
  return {
    kind: 'chat.completions',
    model: 'alpha',
    body: { messages: [{ role: 'user', content: `${fault} job ${n}` }] },
    webhook: { url: `${forebay.simulator.sinkUrl}/ok` },
  };
}

async function countArchived(store: TestStore, ids: readonly string[]): Promise<number> {
  const found = await Promise.all(
    ids.map(async (id) => {
      const [key = ''] = await store.client.keys(`${store.namespace}:*:job:${testTenant}:${id}`);
      return store.client.hexists(key, 'archived');
    }),
  );
  return found.reduce((total, one) => total + one, 0);
}

async function readTexts(api: ApiClient, ids: readonly string[]): Promise<readonly string[]> {
  const answers = await Promise.all(ids.map((id) => api.call(`/v1/jobs/${id}`)));
  return answers.map((answer) => answer.text);
}

test('an archiver that dies at any of its crash points loses and changes nothing', async () => {
  const forebay = await startForebay({
    redisUrl: redis().url,
    config: twoModels,
    scenario: twoModelsScenario,
  });
  const { url } = await forebay.startApi();
  await forebay.startWorker('companion', { FOREBAY_ROLES: 'pool,webhooks' });
  const api = createApiClient({ url, key: forebay.apiKey });
  const store = await useStore(redis().url, { namespace: forebay.namespace });
  const all: string[] = [];

  const dieAndRecover = async (point: CrashPoint): Promise<void> => {
    const round = Array.from({ length: jobsPerPoint }, (_, n) =>
      api.submit(requestFor(forebay, n)),
    );
    const ids = (await Promise.all(round)).map((job) => job.id);
    await readAllEnded(api, ids);
    all.push(...ids);
    const before = await readTexts(api, ids);
    const armed = forebay.startWorker(`armed-${point}`, { ...archiving, FOREBAY_CRASH_AT: point });
    const { signal } = await (await armed).exited;
    expect(signal, point).toBe('SIGKILL');
    expect(await readTexts(api, ids), point).toEqual(before);
    const rescuer = await forebay.startWorker(`rescuer-${point}`, archiving);
    const allArchived = async () => (await countArchived(store, ids)) === ids.length;
    await waitUntil(allArchived, { what: `every job to be archived after ${point}` });
    expect(await readTexts(api, ids), point).toEqual(before);
    await rescuer.kill('SIGKILL');
  };
  for (const point of points) await dieAndRecover(point);

  const jobs = await readAllEnded(api, all);
  expect(new Set(jobs.map((job) => job.status))).toEqual(new Set(['succeeded']));
  expectMoneyHolds(jobs, forebay.simulator);
  await waitUntil(() => forebay.simulator.deliveries().length >= all.length, {
    what: 'every end to be announced',
  });
  expectOneEventEach(jobs, forebay.simulator);
}, 120_000);
