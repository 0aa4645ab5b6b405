/** The figures of an API process: counted from events, or read when they are scraped. */
import { priorityClass } from '@forebay/shared/domain/priority';
import { callBuckets, stepBuckets } from '@forebay/shared/telemetry/buckets';
import type { Events } from '@forebay/shared/telemetry/events';
import { createMetrics, type Metrics } from '@forebay/shared/telemetry/metrics';
import { createProcessMetrics, type ServedConfig } from '@forebay/shared/telemetry/process-metrics';
import type { ApiEventMap } from '../api-events.ts';

export interface ApiMetricsDeps {
  readonly events: Pick<Events<ApiEventMap>, 'on'>;
  readonly config: ServedConfig;
  /** Callers waiting for a job right now. */
  readonly waiters: { readonly count: number };
  /** Event streams that are open right now. */
  readonly streams: { readonly count: number };
}

export interface ApiMetrics {
  readonly contentType: string;
  scrape(): Promise<string>;
  close(): void;
}

/** @param metrics where they are registered; the page about metrics hands in its own. */
export function createApiMetrics(
  deps: ApiMetricsDeps,
  metrics: Metrics = createMetrics(),
): ApiMetrics {
  const ofProcess = createProcessMetrics(metrics, deps);
  countRequests(deps, metrics);
  countIntake(deps, metrics);
  countJobs(deps, metrics);
  countFailures(deps, metrics);
  const setWaiters = metrics.gauge({
    name: 'forebay_job_waiters',
    help: 'Callers that wait for a job right now.',
    labels: [],
  });
  const setStreams = metrics.gauge({
    name: 'forebay_event_streams',
    help: 'Event streams of jobs that are open right now.',
    labels: [],
  });
  return {
    contentType: metrics.contentType,
    async scrape() {
      ofProcess.refresh();
      setWaiters({}, deps.waiters.count);
      setStreams({}, deps.streams.count);
      return metrics.text();
    },
    close: () => ofProcess.close(),
  };
}

function countRequests({ events }: ApiMetricsDeps, metrics: Metrics): void {
  const count = metrics.counter({
    name: 'forebay_http_requests_total',
    help: 'Requests by route template and status.',
    labels: ['method', 'route', 'status'],
  });
  const observe = metrics.histogram({
    name: 'forebay_http_request_seconds',
    help: 'Time from the first byte of a request to the end of its reply, waits included.',
    labels: ['route'],
    buckets: callBuckets,
  });
  events.on('request.ended', ({ method, route, status, durationMs }) => {
    count({ method: knownMethods.includes(method) ? method : 'other', route, status });
    observe({ route }, durationMs / 1000);
  });
}

/** Methods come from the wire; unknown ones must not grow the number of series. */
const knownMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

function countIntake({ events }: ApiMetricsDeps, metrics: Metrics): void {
  const count = metrics.counter({
    name: 'forebay_intake_total',
    help: 'What became of submissions, cancellations, changes and deletions in this process.',
    labels: ['outcome'],
  });
  const names = [
    'job.admitted',
    'job.replayed',
    'job.cancel_requested',
    'job.changed',
    'job.deleted',
    'ticket.placement_failed',
  ] as const;
  for (const name of names) events.on(name, () => count({ outcome: name }));
}

function countJobs({ events }: ApiMetricsDeps, metrics: Metrics): void {
  const countAdmitted = metrics.counter({
    name: 'forebay_jobs_admitted_total',
    help: 'Jobs that this process admitted, by the model that was chosen first.',
    labels: ['model', 'class'],
  });
  const countEnded = metrics.counter({
    name: 'forebay_jobs_ended_total',
    help: 'Jobs that ended in this process: those cancelled while they waited.',
    labels: ['state'],
  });
  const observe = metrics.histogram({
    name: 'forebay_intake_seconds',
    help: 'Time from a parsed request to its acknowledgement, for single submissions.',
    labels: [],
    buckets: stepBuckets,
  });
  events.on('job.admitted', ({ model, priority }) =>
    countAdmitted({ model, class: priorityClass(priority) }),
  );
  events.on('job.ended', ({ state }) => countEnded({ state }));
  events.on('job.acknowledged', ({ durationMs }) => observe({}, durationMs / 1000));
}

function countFailures({ events }: ApiMetricsDeps, metrics: Metrics): void {
  const count = metrics.counter({
    name: 'forebay_background_failures_total',
    help: 'Background work and connections that failed; they go on by themselves.',
    labels: ['part'],
  });
  events.on('background.failed', ({ name }) => count({ part: name }));
  events.on('request.failed', () => count({ part: 'request' }));
}
