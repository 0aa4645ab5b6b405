/**
 * The sweeper of the data folder dies between two deletions as by `kill -9`, beside jobs that wait
 * and jobs that have ended: its successor deletes the rest, and no job loses what it needs (P21).
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { monitorUrl, startForebay, type TestForebay } from '../support/forebay.ts';
import { createApiClient } from '../support/http.ts';
import { useRedis } from '../support/redis.ts';
import { scrape } from '../support/scrape.ts';
import { useStore } from '../support/store.ts';
import { twoModels, twoModelsScenario } from '../support/two-models.ts';
import { readAllEnded } from '../support/verdict.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const sweeping = { FOREBAY_ROLES: 'dispatcher', WORKER_METRICS_PORT: '0' };

/** Does not compress, so that it goes to the data folder. */
function largeJob(changes: object = {}): object {
  const content = randomBytes(300_000).toString('base64');
  const body = { messages: [{ role: 'user', content }], max_tokens: 20 };
  return { kind: 'chat.completions', model: 'alpha', body, max_cost_usd: '5', ...changes };
}

const config = twoModels.replaceAll('100000', '1000000');

function payloadsOf({ dataDir }: TestForebay): readonly string[] {
  const folder = join(dataDir, 'objects', 'payloads', 'dev');
  return readdirSync(folder).flatMap((job) =>
    readdirSync(join(folder, job)).map((name) => join(folder, job, name)),
  );
}

test('a sweeper that dies between two deletions loses nothing, and nothing is left', async () => {
  const forebay = await startForebay({
    redisUrl: redis().url,
    config,
    scenario: twoModelsScenario,
  });
  const { url } = await forebay.startApi();
  const pool = await forebay.startWorker('companion', { FOREBAY_ROLES: 'pool' });
  const api = createApiClient({ url, key: forebay.apiKey });
  const store = await useStore(redis().url, { namespace: forebay.namespace });
  const submitted = await Promise.all(Array.from({ length: 5 }, () => api.submit(largeJob())));
  const ended = await readAllEnded(
    api,
    submitted.map(({ id }) => id),
  );
  const runAt = new Date(Date.now() + 3_600_000).toISOString();
  const waiting = await api.submit(largeJob({ run_at: runAt }));
  const [kept, ...gone] = ended.map(({ id }) => id);
  const isOf = (ids: readonly (string | undefined)[]) => (path: string) =>
    ids.some((id) => id !== undefined && path.includes(id));
  expect(payloadsOf(forebay)).toHaveLength(6);
  // Their time is over: Redis has let go of their prompts, days after they were written.
  for (const id of gone) {
    const [key = ''] = await store.client.keys(`${forebay.namespace}:*:${id}:payload`);
    await store.client.del(key);
  }
  const longAgo = Date.now() / 1_000 - 2 * 86_400;
  for (const path of payloadsOf(forebay)) utimesSync(path, longAgo, longAgo);

  const dying = { ...sweeping, FOREBAY_CRASH_AT: 'retention.after-delete:2' };
  const { signal } = await (await forebay.startWorker('dying', dying)).exited;
  expect(signal).toBe('SIGKILL');
  expect(payloadsOf(forebay).filter(isOf(gone))).toHaveLength(2);
  const successor = await forebay.startWorker('successor', sweeping);
  await waitUntil(() => payloadsOf(forebay).length === 2, { what: 'the rest to be deleted' });

  expect(payloadsOf(forebay).filter(isOf([kept, waiting.id]))).toHaveLength(2);
  const figures = await waitUntil(
    async () => {
      const found = await scrape(monitorUrl(successor));
      const labels = { kind: 'payload', outcome: 'deleted' };
      return found.sum('forebay_retention_objects_total', labels) > 0 && found;
    },
    { what: 'the deletions to be counted' },
  );
  expect(figures.sum('forebay_retention_objects_total')).toBe(2);
  expect(figures.sum('forebay_retention_bytes_total')).toBeGreaterThan(2 * 300_000);
  expect((await api.read(waiting.id)).status).toBe('scheduled');
  expect(await readAllEnded(api, gone.map(String))).toEqual(ended.slice(1));
  await pool.kill('SIGKILL');
}, 60_000);
