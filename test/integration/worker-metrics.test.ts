/** The listener of a worker process: probes, and figures that tell what it really did. */
import { describe, expect, test } from 'vitest';
import { monitorUrl, startForebay } from '../support/forebay.ts';
import { createApiClient } from '../support/http.ts';
import { useRedis } from '../support/redis.ts';
import { scrape } from '../support/scrape.ts';
import { twoModels, twoModelsScenario } from '../support/two-models.ts';
import { readAllEnded } from '../support/verdict.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();

function jobOf(prompt: string, changes: Readonly<Record<string, unknown>> = {}) {
  const body = { messages: [{ role: 'user', content: prompt }], max_tokens: 20 };
  return { kind: 'chat.completions', model: 'alpha', body, max_cost_usd: '0.05', ...changes };
}

async function setup() {
  const forebay = await startForebay({
    redisUrl: redis().url,
    config: twoModels,
    scenario: twoModelsScenario,
    env: { WORKER_METRICS_PORT: '0' },
  });
  const [api, all, dispatcher] = await Promise.all([
    forebay.startApi(),
    forebay.startWorker('all'),
    forebay.startWorker('dispatcher', { FOREBAY_ROLES: 'dispatcher' }),
  ]);
  const client = createApiClient({ url: api.url, key: forebay.apiKey });
  return { forebay, api, client, all, dispatcher };
}

describe('a worker process', () => {
  test('counts what it did, and agrees with the store and with the provider', async () => {
    const { forebay, api, client, all, dispatcher } = await setup();
    const hook = { webhook: { url: `${forebay.simulator.sinkUrl}/ok` } };
    const jobs = await Promise.all([
      ...Array.from({ length: 6 }, () => client.submit(jobOf('canary-prompt', hook))),
      client.submit(jobOf('[[sim:server_error status=503 model=alpha]]')),
      client.submit(jobOf('later', { run_at: new Date(Date.now() + 3_600_000).toISOString() })),
    ]);
    const later = jobs.at(-1)?.id ?? '';
    const ended = await readAllEnded(
      client,
      jobs.map(({ id }) => id).filter((id) => id !== later),
    );
    expect(await forebay.simulator.waitForDeliveries(6, 10_000)).toBe(true);
    const worker = await waitUntil(
      async () => {
        const seen = await scrape(monitorUrl(all));
        return seen.sum('forebay_webhook_deliveries_total', { outcome: 'delivered' }) === 6 && seen;
      },
      { what: 'the deliveries to be counted' },
    );

    const attempts = ended.flatMap((job) => job.attempts);
    expect(worker.sum('forebay_attempts_total')).toBe(attempts.length);
    expect(worker.sum('forebay_attempts_total', { outcome: 'server_error' })).toBe(
      attempts.filter(({ outcome }) => outcome === 'server_error').length,
    );
    expect(worker.sum('forebay_jobs_ended_total', { state: 'succeeded' })).toBe(7);
    expect(worker.sum('forebay_reassignment_seconds_count')).toBe(attempts.length - 7);
    expect(worker.sum('forebay_job_wait_seconds_count')).toBe(7);
    const lines = forebay.simulator.calls().filter(({ billed }) => billed);
    const bill = lines.reduce((sum, line) => sum + line.completion_tokens, 0);
    expect(worker.sum('forebay_tokens_total', { direction: 'output' })).toBe(bill);
    const spent = ended.reduce((sum, job) => sum + Number(job.cost.spent), 0);
    expect(worker.sum('forebay_cost_usd_total', { basis: 'spent' })).toBeCloseTo(spent, 9);
    for (const step of ['acquire', 'claim', 'settle', 'release', 'reassign']) {
      expect(worker.sum('forebay_step_seconds_count', { step }), step).toBeGreaterThan(0);
    }

    // The store is looked at every two seconds at the most.
    for (const process of [all, dispatcher]) {
      const seen = await waitUntil(
        async () => {
          const newest = await scrape(monitorUrl(process));
          return newest.sum('forebay_store_jobs_live') === 1 && newest;
        },
        { what: 'the ends to be seen' },
      );
      expect(seen.sum('forebay_store_jobs_admitted_total')).toBe(8);
      expect(seen.sum('forebay_store_jobs_ended_total', { state: 'succeeded' })).toBe(7);
      expect(seen.sum('forebay_store_jobs_live')).toBe(1);
      expect(seen.sum('forebay_permits_limit', { model: 'alpha' })).toBe(20);
      expect(seen.sum('forebay_lane_pools', { model: 'alpha' })).toBe(1);
      expect(seen.sum('forebay_store_up')).toBe(1);
    }
    const ofApi = await scrape(api.adminUrl);
    expect(ofApi.sum('forebay_jobs_admitted_total')).toBe(8);
    for (const { text } of [worker, ofApi]) expect(text).not.toMatch(/canary|job_[0-7]|"dev"/);
  });

  test('answers probes: alive at once, ready while it works, and shows nothing else', async () => {
    const { all, dispatcher } = await setup();
    const ask = (path: string, init: RequestInit = {}) => fetch(monitorUrl(all) + path, init);
    expect((await ask('/healthz')).status).toBe(200);
    const ready = await ask('/readyz');
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ status: 'ready', phase: 'running', store: 'ok' });
    expect((await ask('/board')).status).toBe(404);
    expect((await ask('/metrics', { method: 'POST' })).status).toBe(405);
    expect((await scrape(monitorUrl(dispatcher))).names).not.toContain('forebay_journal_healthy');

    const { server } = redis();
    process.kill(server.pid, 'SIGSTOP');
    try {
      const [probe, seen] = await Promise.all([ask('/readyz'), scrape(monitorUrl(all))]);
      expect(probe.status).toBe(503);
      expect(await probe.json()).toMatchObject({ store: 'unreachable' });
      expect(seen.sum('forebay_store_up')).toBe(0);
      expect(seen.text).not.toMatch(/^forebay_store_jobs_live /m);
      expect((await ask('/healthz')).status).toBe(200);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
  });
});
