/** Wires what watches a worker: its figures, its readiness, and the listener that shows both. */
import type { LiveConfig } from '@forebay/shared/config/live-config';
import type { ForebayEnv } from '@forebay/shared/config/read-env';
import { systemClock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';
import type { WorkerParts } from './compose.ts';
import { createStoreSampler } from './metrics/store-sampler.ts';
import {
  openWorkerListener,
  type Readiness,
  type WorkerListener,
} from './metrics/worker-listener.ts';
import { createWorkerMetrics } from './metrics/worker-metrics.ts';
import type { WorkerEvents } from './worker-events.ts';

export interface MonitorInput {
  readonly env: ForebayEnv;
  readonly config: LiveConfig;
  readonly events: WorkerEvents;
  readonly parts: WorkerParts;
}

export interface Monitor {
  /** `undefined` when the worker listens nowhere. */
  readonly port: number | undefined;
  /** Work is being taken from now on. */
  ready(): void;
  /** No further work is taken. */
  draining(): void;
  close(): Promise<void>;
}

/** Answers of `/readyz` must not take longer than a probe waits. */
const pingPatienceMs = 1_000;

export async function openMonitor(input: MonitorInput): Promise<Monitor> {
  const { env, config, events, parts } = input;
  if (env.workerMetricsPort === undefined) return silentMonitor;
  const onError = (error: unknown) => events.emit('loop.failed', { loop: 'metrics', error });
  const catalog = () => config.catalog;
  const isDispatcher = env.roles.includes('dispatcher');
  const { figures } = parts.store;
  const metrics = createWorkerMetrics({
    events,
    catalog,
    config,
    sampler: isDispatcher
      ? createStoreSampler({ figures, catalog, clock: systemClock, onError })
      : undefined,
    pools: poolFigures(parts),
  });
  let phase: 'starting' | 'running' | 'draining' = 'starting';
  const listener: WorkerListener = await openWorkerListener({
    host: env.host,
    port: env.workerMetricsPort,
    metrics,
    onError,
    readiness: () => readinessOf(input, phase),
  });
  return {
    port: listener.port,
    ready() {
      phase = 'running';
    },
    draining() {
      phase = 'draining';
    },
    async close() {
      metrics.close();
      await listener.close();
    },
  };
}

const silentMonitor: Monitor = {
  port: undefined,
  ready: () => undefined,
  draining: () => undefined,
  close: () => Promise.resolve(),
};

function poolFigures({ journal, pools }: WorkerParts) {
  if (journal === undefined || pools === undefined) return undefined;
  return {
    running: () => pools.running(),
    journalEntries: () => journal.pending().length,
    journalHealthy: () => journal.healthy,
  };
}

async function readinessOf(
  { env, config, parts }: MonitorInput,
  phase: 'starting' | 'running' | 'draining',
): Promise<Readiness> {
  const store = await answersInTime(() => parts.store.ping());
  const journal = parts.journal?.healthy ?? true;
  return {
    ready: store && journal && phase === 'running',
    facts: {
      phase,
      roles: env.roles,
      store: store ? 'ok' : 'unreachable',
      journal: journal ? 'ok' : 'failing',
      catalog_version: config.catalog.version,
      config: {
        version: config.version,
        loaded_at: new Date(config.loadedAtMs).toISOString(),
      },
    },
  };
}

/** A background connection waits for an absent server; a probe does not. */
async function answersInTime(ask: () => Promise<boolean>): Promise<boolean> {
  const done = new AbortController();
  const asked = ask().finally(() => done.abort());
  const late = wait(systemClock, pingPatienceMs, done.signal).then((timeIsUp) =>
    timeIsUp ? false : asked,
  );
  return Promise.race([asked, late]);
}
