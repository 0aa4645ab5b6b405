/**
 * The process that brings the ledger to segments dies at each of its crash points as by `kill -9`:
 * its successor goes on, usage is right at any time, and each line stands in one segment.
 */
import { join } from 'node:path';
import type { LedgerLine } from '@forebay/shared/domain/ledger-line';
import { segmentFolder } from '@forebay/shared/ledger/rollup-names';
import { crashPoints } from '@forebay/shared/runtime/crash-point';
import { createDiskObjectStore } from '@forebay/shared/storage/disk-object-store';
import { expect, test } from 'vitest';
import { startForebay } from '../support/forebay.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { useRedis } from '../support/redis.ts';
import { testTenant, useStore } from '../support/store.ts';
import { twoModels, twoModelsScenario } from '../support/two-models.ts';
import { readAllEnded } from '../support/verdict.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const points = crashPoints.filter((point) => point.startsWith('ledger.'));
const jobsPerPoint = 4;
/** Brings lines to segments at once. */
const keeping = {
  FOREBAY_ROLES: 'dispatcher',
  FOREBAY_ARCHIVE_AFTER_MS: '0',
  FOREBAY_LEASE_MS: '400',
};

/** Every fourth one is refused at first and moves to the other model. */
function requestFor(n: number): object {
  const fault = n % 4 === 0 ? '[[sim:server_error status=503 model=alpha]]' : '';
  const body = { messages: [{ role: 'user', content: `${fault} job ${n}` }] };
  return { kind: 'chat.completions', model: 'alpha', body };
}

async function usageOf(api: ApiClient): Promise<unknown> {
  const answer = await api.call('/v1/usage');
  expect(answer.status, answer.text).toBe(200);
  // The route's own form.
  return (answer.json() as { readonly total: unknown }).total;
}

async function segmentIds(dataDir: string): Promise<readonly string[]> {
  const objects = createDiskObjectStore(join(dataDir, 'objects'));
  const found = await objects.list({ folder: segmentFolder, after: undefined, limit: 1_000 });
  const texts = await Promise.all(found.map(({ key }) => objects.get(key)));
  return texts
    .flatMap((bytes) =>
      Buffer.from(bytes ?? [])
        .toString()
        .split('\n'),
    )
    .filter((text) => text !== '')
    .map((text): LedgerLine => JSON.parse(text))
    .map(({ id }) => id);
}

test('a keeper that dies at each of its crash points loses no line and doubles none', async () => {
  const forebay = await startForebay({
    redisUrl: redis().url,
    config: twoModels,
    scenario: twoModelsScenario,
  });
  const { url } = await forebay.startApi();
  await forebay.startWorker('companion', { FOREBAY_ROLES: 'pool' });
  const api = createApiClient({ url, key: forebay.apiKey });
  const store = await useStore(redis().url, { namespace: forebay.namespace });
  const shard = store.keys.shardOf(testTenant);
  let jobs = 0;
  // Each one finds what the one before has left half done, and more.
  for (const point of points) {
    const round = Array.from({ length: jobsPerPoint }, (_, n) => api.submit(requestFor(n)));
    const ids = (await Promise.all(round)).map(({ id }) => id);
    await readAllEnded(api, ids);
    jobs += ids.length;
    const before = await usageOf(api);
    expect(before, point).toMatchObject({ jobs, attempts: (jobs / 4) * 5 });
    const armed = forebay.startWorker(`armed-${point}`, { ...keeping, FOREBAY_CRASH_AT: point });
    const { signal } = await (await armed).exited;
    expect(signal, point).toBe('SIGKILL');
    expect(await usageOf(api), point).toEqual(before);
  }
  const before = await usageOf(api);
  await forebay.startWorker('rescuer', keeping);
  await waitUntil(async () => (await store.ledger.oldestMs(shard)) === undefined, {
    what: 'every line to stand in a segment',
  });
  expect(await usageOf(api)).toEqual(before);
  const kept = await segmentIds(forebay.dataDir);
  expect(kept).toHaveLength((jobs / 4) * 5);
  expect(new Set(kept).size).toBe(kept.length);
  // Each job had one answer; what the provider failed tells nothing of its model.
  const seen = (await store.quality.sums(testTenant)).map((sum) => sum.seen?.attempts ?? 0);
  expect(seen.reduce((sum, attempts) => sum + attempts, 0)).toBeCloseTo(jobs, 1);
}, 120_000);
