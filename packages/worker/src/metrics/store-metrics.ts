/**
 * Figures of the whole store, shown by workers with the dispatcher role. Every such worker shows
 * the same: take the largest of a figure over the workers, never the sum.
 */
import { budgetThresholds } from '@forebay/shared/domain/budget';
import { terminalJobStates } from '@forebay/shared/domain/job-state';
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import type { ShardFigures } from '@forebay/shared/ports/store-figures';
import type { Figure, Metrics } from '@forebay/shared/telemetry/metrics';
import { laneFigures, storeWide } from './lane-metrics.ts';
import type { StoreSample, StoreSampler } from './store-sampler.ts';

export interface StoreMetrics {
  refresh(): Promise<void>;
}

export function createStoreMetrics(
  metrics: Metrics,
  deps: { readonly sampler: StoreSampler; readonly catalog: () => Catalog },
): StoreMetrics {
  const setUp = metrics.gauge({
    name: 'forebay_store_up',
    help: '1 when the store answered this dispatcher in time; else its figures are missing.',
    labels: [],
  });
  const setShards = shardFigures(metrics);
  const setLanes = laneFigures(metrics);
  const setServer = serverFigures(metrics);
  return {
    async refresh() {
      const sample = await deps.sampler.sample();
      setUp({}, sample === undefined ? 0 : 1);
      setShards(sample?.shards);
      setLanes(sample?.lanes ?? new Map(), deps.catalog());
      setServer(sample?.server);
    },
  };
}

/** One series without labels, or none. */
function plain(value: number | undefined): readonly Figure<never>[] {
  return value === undefined ? [] : [{ labels: {}, value }];
}

function shardFigures(metrics: Metrics) {
  const plainGauge = (name: string, help: string) =>
    metrics.figures<never>({ name, help: help + storeWide, labels: [], type: 'gauge' });
  const setAdmitted = metrics.figures<never>({
    name: 'forebay_store_jobs_admitted_total',
    help: `Jobs ever admitted: at any scrape the ended and the live ones together.${storeWide}`,
    labels: [],
    type: 'counter',
  });
  const setEnded = metrics.figures({
    name: 'forebay_store_jobs_ended_total',
    help: `Jobs ever ended, by state.${storeWide}`,
    labels: ['state'],
    type: 'counter',
  });
  const setThresholds = metrics.figures({
    name: 'forebay_store_budget_thresholds_total',
    help: `Budgets of tenants that reached a percentage of their limit.${storeWide}`,
    labels: ['percent'],
    type: 'counter',
  });
  const setLive = plainGauge('forebay_store_jobs_live', 'Jobs that have not ended.');
  const setOverdue = plainGauge('forebay_due_jobs', 'Jobs whose check by a dispatcher is due.');
  const setLag = plainGauge('forebay_due_lag_seconds', 'How late the first of the due checks is.');
  const setEndpoints = plainGauge(
    'forebay_outbox_endpoints',
    'Webhook endpoints with events that wait for a delivery.',
  );
  const setOutboxLag = plainGauge(
    'forebay_outbox_lag_seconds',
    'How long the event that is due the longest has waited for its delivery to begin.',
  );
  return (shards: StoreSample['shards'] | undefined): void => {
    const sum = (of: (shard: ShardFigures) => number): number | undefined =>
      shards?.reduce((total, shard) => total + of(shard), 0);
    const seconds = (of: (shard: ShardFigures) => number): number | undefined =>
      shards && Math.max(0, ...shards.map(of)) / 1000;
    setAdmitted(plain(sum(({ admitted }) => admitted)));
    setEnded(
      terminalJobStates.flatMap((state) => {
        const value = sum(({ ended }) => ended[state]);
        return value === undefined ? [] : [{ labels: { state }, value }];
      }),
    );
    setThresholds(
      budgetThresholds.flatMap((percent, index) => {
        const value = sum(({ thresholds }) => thresholds[index]?.count ?? 0);
        return value === undefined ? [] : [{ labels: { percent: String(percent) }, value }];
      }),
    );
    setLive(plain(sum(({ live }) => live)));
    setOverdue(plain(sum(({ overdue }) => overdue)));
    setLag(plain(seconds(({ overdueMs }) => overdueMs)));
    setEndpoints(plain(sum(({ endpoints }) => endpoints)));
    setOutboxLag(plain(seconds(({ endpointsOverdueMs }) => endpointsOverdueMs)));
  };
}

function serverFigures(metrics: Metrics) {
  const gauge = (name: string, help: string) =>
    metrics.figures<never>({ name, help: help + storeWide, labels: [], type: 'gauge' });
  const setMemory = gauge(
    'forebay_store_memory_bytes',
    'Memory that Redis uses, over all masters.',
  );
  const setLimit = gauge(
    'forebay_store_memory_limit_bytes',
    'Memory that Redis may use, over all masters; 0 without a limit.',
  );
  const setPing = metrics.figures<never>({
    name: 'forebay_store_ping_seconds',
    help: 'Round trip of this dispatcher to the slowest master of the store.',
    labels: [],
    type: 'gauge',
  });
  return (server: StoreSample['server'] | undefined): void => {
    setMemory(plain(server?.memoryBytes));
    setLimit(plain(server?.memoryLimitBytes));
    setPing(plain(server && server.pingMs / 1000));
  };
}
