/** The figures of an API process: counted from events, or read when they are scraped. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { LiveSnapshot } from '@forebay/shared/domain/route-plan';
import type { WakeUps } from '@forebay/shared/ports/wake-ups';
import type { Events } from '@forebay/shared/telemetry/events';
import { createMetrics, type Metrics } from '@forebay/shared/telemetry/metrics';
import type { ApiEventMap } from '../api-events.ts';

export interface ApiMetricsDeps {
  readonly events: Events<ApiEventMap>;
  readonly wakeUps: Pick<WakeUps, 'listen'>;
  readonly live: { refresh(): Promise<LiveSnapshot>; snapshot(): LiveSnapshot };
  /** Callers waiting for a job right now. */
  readonly waiters: { readonly count: number };
}

export interface ApiMetrics {
  readonly contentType: string;
  scrape(): Promise<string>;
  close(): void;
}

const secondBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30, 60];

export function createApiMetrics(deps: ApiMetricsDeps): ApiMetrics {
  const metrics = createMetrics();
  const stops = [
    countRequests(deps, metrics),
    countIntake(deps, metrics),
    countMoves(deps, metrics),
  ];
  const setModels = modelGauges(metrics);
  const setProcess = processGauges(metrics);
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  return {
    contentType: metrics.contentType,
    async scrape() {
      setModels(await freshFigures(deps));
      // Nanoseconds; the figures since the last scrape.
      setProcess({ lagSeconds: delay.max / 1e9, waiters: deps.waiters.count });
      delay.reset();
      return metrics.text();
    },
    close() {
      delay.disable();
      for (const stop of stops) stop();
    },
  };
}

function countRequests({ events }: ApiMetricsDeps, metrics: Metrics): () => void {
  const count = metrics.counter({
    name: 'forebay_http_requests_total',
    help: 'Requests by route template and status.',
    labels: ['method', 'route', 'status'],
  });
  const observe = metrics.histogram({
    name: 'forebay_http_request_seconds',
    help: 'Time from the first byte of a request to the end of its reply, waits included.',
    labels: ['route'],
    buckets: secondBuckets,
  });
  return events.on('request.ended', ({ method, route, status, durationMs }) => {
    count({ method: knownMethods.includes(method) ? method : 'other', route, status });
    observe({ route }, durationMs / 1000);
  });
}

/** Methods come from the wire; unknown ones must not grow the number of series. */
const knownMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

function countIntake({ events }: ApiMetricsDeps, metrics: Metrics): () => void {
  const count = metrics.counter({
    name: 'forebay_intake_total',
    help: 'What became of submissions and cancellations in this process.',
    labels: ['outcome'],
  });
  const names = [
    'job.admitted',
    'job.replayed',
    'job.cancel_requested',
    'ticket.placement_failed',
  ] as const;
  const stops = names.map((name) => events.on(name, () => count({ outcome: name })));
  return () => {
    for (const stop of stops) stop();
  };
}

function countMoves({ wakeUps }: ApiMetricsDeps, metrics: Metrics): () => void {
  const count = metrics.counter({
    name: 'forebay_job_changes_seen_total',
    help: 'Changes of jobs by the state that followed, as notified to this process.',
    labels: ['state'],
  });
  return wakeUps.listen({
    onChange: ({ state }) => count({ state }),
    onReconnect: () => undefined,
  });
}

function modelGauges(metrics: Metrics): (snapshot: LiveSnapshot) => void {
  const gauge = (name: string, help: string) =>
    metrics.gauge({ name: `forebay_model_${name}`, help, labels: ['model'] });
  const waiting = gauge('waiting', 'Jobs in the backlog and the window of a model.');
  const running = gauge('running', 'Permits of a model in use.');
  const concurrency = gauge('concurrency', 'Permits that a model has in all.');
  const poolAlive = gauge('pool_alive', '1 while a worker serves the model.');
  const stopped = gauge('stopped', '1 while every deployment is stopped.');
  return (snapshot) => {
    for (const [model, live] of snapshot.models) {
      waiting({ model }, live.waiting);
      running({ model }, live.running);
      concurrency({ model }, live.concurrency);
      poolAlive({ model }, live.poolAlive ? 1 : 0);
      stopped({ model }, live.stopped ? 1 : 0);
    }
  };
}

function processGauges(metrics: Metrics) {
  const lag = metrics.gauge({
    name: 'forebay_event_loop_lag_seconds',
    help: 'Longest delay of the event loop since the last scrape.',
    labels: [],
  });
  const waiters = metrics.gauge({
    name: 'forebay_job_waiters',
    help: 'Callers that wait for a job right now.',
    labels: [],
  });
  return (figures: { readonly lagSeconds: number; readonly waiters: number }): void => {
    lag({}, figures.lagSeconds);
    waiters({}, figures.waiters);
  };
}

async function freshFigures({ live }: ApiMetricsDeps): Promise<LiveSnapshot> {
  try {
    return await live.refresh();
  } catch {
    // Going on is safe: the last figures are shown, and `/readyz` tells about the store.
    return live.snapshot();
  }
}
