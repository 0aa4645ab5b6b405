/**
 * After a tour, every figure that a dashboard or an alert asks for is shown by some process, and
 * what happened on the tour can be read from them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { figuresIn, readAlerts, readDashboards } from '../support/monitoring-files.ts';
import { mainOf, startProcess } from '../support/processes.ts';
import { type Scrape, scrape } from '../support/scrape.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Where a worker of the local mode shows its figures, as its log says. */
function workerUrl(dataDir: string, name: string): string {
  const log = readFileSync(join(dataDir, 'logs', `${name}.log`), 'utf8');
  return `http://127.0.0.1:${/"metricsPort":(\d+)/.exec(log)?.[1]}`;
}

test('dashboards and alerts ask only for figures that the processes show', async () => {
  const dataDir = scratchFolder('tour-figures');
  const run = startProcess({
    name: 'forebay start',
    args: [mainOf('cli'), 'start'],
    env: {
      FOREBAY_DATA_DIR: dataDir,
      REDIS_URL: undefined,
      PORT: undefined,
      ADMIN_PORT: undefined,
    },
  });
  const [, adminUrl = ''] = await run.waitForOutput(/^ready .*admin=(\S+)/m, 45_000);
  await run.waitForOutput(/Every job ended as expected\./, 60_000);
  const workerUrls = ['worker-1', 'worker-2'].map((name) => workerUrl(dataDir, name));
  const isBalanced = async (): Promise<readonly Scrape[] | false> => {
    const seen = await Promise.all(workerUrls.map(scrape));
    return seen.every((each) => each.sum('forebay_store_jobs_live') === 0) && seen;
  };
  const workers = await waitUntil(isBalanced, { what: 'the ends of the tour to be seen' });
  const api = await scrape(adminUrl);

  const queries = [
    ...readAlerts().map(({ query }) => query),
    ...readDashboards().flatMap((dashboard) => dashboard.queries),
  ];
  const asked = new Set(queries.flatMap(figuresIn));
  const shown = new Set([api, ...workers].flatMap(({ queryable }) => [...queryable]));
  expect(asked.size).toBeGreaterThan(40);
  expect([...asked].filter((name) => !shown.has(name))).toEqual([]);

  const admitted = api.sum('forebay_jobs_admitted_total');
  const ofWorkers = (name: string, labels?: Readonly<Record<string, string>>): number =>
    workers.reduce((sum, worker) => sum + worker.sum(name, labels), 0);
  expect(admitted).toBeGreaterThan(10);
  for (const worker of workers) {
    expect(worker.sum('forebay_store_jobs_admitted_total')).toBe(admitted);
    expect(worker.sum('forebay_store_jobs_ended_total')).toBe(admitted);
  }
  const ended = ofWorkers('forebay_jobs_ended_total') + api.sum('forebay_jobs_ended_total');
  expect(ended).toBe(admitted);
  expect(ofWorkers('forebay_reassignment_seconds_count')).toBeGreaterThan(0);
  expect(ofWorkers('forebay_webhook_deliveries_total', { outcome: 'delivered' })).toBeGreaterThan(
    0,
  );
  expect(ofWorkers('forebay_cost_usd_total', { basis: 'spent' })).toBeGreaterThan(0);
}, 120_000);
