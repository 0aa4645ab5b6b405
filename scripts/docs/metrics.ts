// The page about metrics, from the metrics that api and worker really register.

import { createApiMetrics } from '@forebay/api/admin/api-metrics';
import { createMetrics, type DescribedMetric } from '@forebay/shared/telemetry/metrics';
import { createWorkerMetrics } from '@forebay/worker/metrics/worker-metrics';
import type { DocGenerator } from './doc-generator.ts';
import { code, markdownTable, pageHead } from './markdown.ts';

/** Only registering is asked for: nothing is emitted, scraped or sampled. */
const silent = { on: () => () => undefined };
const config = { version: '', loadedAtMs: 0 };
// Nobody looks into it, whatever it stands for.
const standIn = undefined as never;

function apiMetrics(): readonly DescribedMetric[] {
  const metrics = createMetrics();
  const counts = { waiters: { count: 0 }, streams: { count: 0 } };
  createApiMetrics({ events: silent, config, ...counts }, metrics).close();
  return metrics.described();
}

function workerMetrics(): readonly DescribedMetric[] {
  const metrics = createMetrics();
  const deps = { events: silent, config, catalog: standIn };
  const roles = { sampler: { sample: standIn }, pools: poolStandIn };
  createWorkerMetrics({ ...deps, ...roles }, metrics).close();
  return metrics.described();
}

const poolStandIn = { running: standIn, journalEntries: standIn, journalHealthy: standIn };

function table(metrics: readonly DescribedMetric[]): string {
  return markdownTable(
    ['Metric', 'Type', 'Labels', 'Meaning'],
    metrics.map(({ name, type, labels, help }) => [
      code(name),
      type,
      labels.map(code).join(', '),
      help,
    ]),
  );
}

export const metricsPage: DocGenerator = {
  file: 'docs/metrics.md',
  generate: () => `${pageHead('Metrics', 'the metrics that api and worker register')}
Prometheus text under \`/metrics\`: of an api on its admin listener, of a worker on the port that
\`WORKER_METRICS_PORT\` names (without it a worker listens nowhere). Beside what stands here, each
process shows the usual \`process_*\` and \`nodejs_*\` figures. [operations.md](operations.md)
says what to look at and what to do then. Dashboards and alert rules are in \`deploy/\`.

- Labels hold configured names, states and classes, never a tenant, a key or a caller's text.
- What a process counted by itself is added up over the processes: \`sum(rate(…))\`.
- Figures of the whole store are read by workers with the dispatcher role when they are scraped,
  at most every two seconds. Each of them shows the same, so take \`max\` and never \`sum\`. When
  the store does not answer in time, they are missing and \`forebay_store_up\` is 0.
- At any scrape \`forebay_store_jobs_admitted_total\` is \`forebay_store_jobs_live\` and
  \`forebay_store_jobs_ended_total\` over all states together: a shard is counted in one step.

## Api

${table(apiMetrics())}

## Worker

${table(workerMetrics())}
`,
};
