/** The figures of a worker process: counted from its events, or read when they are scraped. */
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import { createMetrics, type Metrics } from '@forebay/shared/telemetry/metrics';
import { createProcessMetrics, type ServedConfig } from '@forebay/shared/telemetry/process-metrics';
import type { WorkerEvents } from '../worker-events.ts';
import { countAttempts } from './attempt-metrics.ts';
import { createStoreMetrics } from './store-metrics.ts';
import type { StoreSampler } from './store-sampler.ts';
import { countWork } from './work-metrics.ts';

export interface WorkerMetricsDeps {
  readonly events: Pick<WorkerEvents, 'on'>;
  readonly config: ServedConfig;
  readonly catalog: () => Catalog;
  /** `undefined` without the dispatcher role. */
  readonly sampler: StoreSampler | undefined;
  /** `undefined` without the pool role. */
  readonly pools: PoolFigures | undefined;
}

export interface PoolFigures {
  /** Tickets that are being run, by model. */
  running(): ReadonlyMap<string, number>;
  /** Answers whose settlement is not marked as done yet. */
  journalEntries(): number;
  journalHealthy(): boolean;
}

export interface WorkerMetrics {
  readonly contentType: string;
  scrape(): Promise<string>;
  close(): void;
}

/** @param metrics where they are registered; the page about metrics hands in its own. */
export function createWorkerMetrics(
  deps: WorkerMetricsDeps,
  metrics: Metrics = createMetrics(),
): WorkerMetrics {
  const ofProcess = createProcessMetrics(metrics, deps);
  countAttempts(deps.events, metrics);
  countWork(deps.events, metrics);
  const setPools = deps.pools && poolFigures(metrics, deps.pools);
  const { sampler, catalog } = deps;
  const ofStore = sampler && createStoreMetrics(metrics, { sampler, catalog });
  return {
    contentType: metrics.contentType,
    async scrape() {
      ofProcess.refresh();
      setPools?.();
      await ofStore?.refresh();
      return metrics.text();
    },
    close: () => ofProcess.close(),
  };
}

function poolFigures(metrics: Metrics, pools: PoolFigures): () => void {
  const setRunning = metrics.figures({
    name: 'forebay_pool_running',
    help: 'Tickets that this process runs, those that wait for a permit included.',
    labels: ['model'],
    type: 'gauge',
  });
  const setEntries = metrics.gauge({
    name: 'forebay_journal_entries',
    help: 'Answers in the journal of this process that are not marked as settled yet.',
    labels: [],
  });
  const setHealthy = metrics.gauge({
    name: 'forebay_journal_healthy',
    help: '1 while the journal of this process takes answers; else it takes no jobs.',
    labels: [],
  });
  return () => {
    const running = [...pools.running()];
    setRunning(running.map(([model, value]) => ({ labels: { model }, value })));
    setEntries({}, pools.journalEntries());
    setHealthy({}, pools.journalHealthy() ? 1 : 0);
  };
}
