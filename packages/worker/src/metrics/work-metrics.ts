/** Steps, loops, repairs and deliveries, counted from the events of this process. */
import { callBuckets, stepBuckets } from '@forebay/shared/telemetry/buckets';
import type { Metrics } from '@forebay/shared/telemetry/metrics';
import type { WorkerEvents } from '../worker-events.ts';

type Listen = Pick<WorkerEvents, 'on'>;

export function countWork(events: Listen, metrics: Metrics): void {
  countSteps(events, metrics);
  countLoops(events, metrics);
  countRepairs(events, metrics);
  countDeliveries(events, metrics);
  countRetention(events, metrics);
  countAudits(events, metrics);
  countShadows(events, metrics);
  showGlobalBudgets(events, metrics);
}

function countSteps(events: Listen, metrics: Metrics): void {
  const observe = metrics.histogram({
    name: 'forebay_step_seconds',
    help:
      'Time until the store had done a step of a job (acquire, claim, settle, reassign, …), ' +
      'repetitions while it was away included.',
    labels: ['step'],
    buckets: stepBuckets,
  });
  const countRetry = metrics.counter({
    name: 'forebay_store_retries_total',
    help: 'Steps that were repeated, because the store did not answer.',
    labels: ['step'],
  });
  events.on('store.answered', ({ step, durationMs }) => observe({ step }, durationMs / 1000));
  events.on('store.retry', ({ step }) => countRetry({ step }));
}

function countLoops(events: Listen, metrics: Metrics): void {
  const observe = metrics.histogram({
    name: 'forebay_loop_round_seconds',
    help: "Rounds of the dispatcher's loops that ended well; the count says how many.",
    labels: ['loop'],
    buckets: stepBuckets,
  });
  const countFed = metrics.counter({
    name: 'forebay_feeder_tickets_total',
    help: 'Tickets that this dispatcher brought from the backlog into the window.',
    labels: ['model'],
  });
  const countFailure = metrics.counter({
    name: 'forebay_background_failures_total',
    help: 'Background work and connections that failed; they go on by themselves.',
    labels: ['part'],
  });
  events.on('loop.round', ({ loop, durationMs }) => observe({ loop }, durationMs / 1000));
  events.on('tickets.fed', ({ model, count }) => countFed({ model }, count));
  // Behind the first word there may be the id of a job.
  events.on('loop.failed', ({ loop }) => countFailure({ part: /^[a-z-]*/.exec(loop)?.[0] ?? '' }));
  events.on('deltas.failed', () => countFailure({ part: 'deltas' }));
  events.on('journal.failed', () => countFailure({ part: 'journal' }));
  events.on('journal.entry_failed', () => countFailure({ part: 'journal-entry' }));
}

function countRepairs(events: Listen, metrics: Metrics): void {
  const countTicket = metrics.counter({
    name: 'forebay_tickets_total',
    help: 'Tickets that were stale when a worker took them, and those that had to be brought back.',
    labels: ['finding'],
  });
  const countStop = metrics.counter({
    name: 'forebay_deployments_stopped_total',
    help: 'Deployments that this process stopped, because credentials or quota were refused.',
    labels: ['deployment', 'reason'],
  });
  const countParked = metrics.counter({
    name: 'forebay_records_parked_total',
    help: 'Looks at jobs whose records this version cannot read.',
    labels: [],
  });
  const countDropped = metrics.counter({
    name: 'forebay_shown_text_dropped_total',
    help: 'Running answers whose text was not shown to its end, because the store was too slow.',
    labels: ['model'],
  });
  events.on('deltas.dropped', ({ model }) => countDropped({ model }));
  events.on('ticket.stale', () => countTicket({ finding: 'stale' }));
  events.on('ticket.repaired', () => countTicket({ finding: 'repaired' }));
  events.on('deployment.stopped', (fields) => countStop(fields));
  events.on('record.parked', () => countParked({}));
}

function countDeliveries(events: Listen, metrics: Metrics): void {
  const count = metrics.counter({
    name: 'forebay_webhook_deliveries_total',
    help: 'Attempts to deliver an event, by what came of them.',
    labels: ['outcome', 'error_class'],
  });
  const observe = metrics.histogram({
    name: 'forebay_webhook_delivery_seconds',
    help: 'Time that receivers took to answer, or to fail.',
    labels: ['outcome'],
    buckets: callBuckets,
  });
  const countDisabled = metrics.counter({
    name: 'forebay_webhook_endpoints_disabled_total',
    help: 'Registered webhook endpoints that were switched off: gone, or failing for too long.',
    labels: ['reason'],
  });
  events.on('webhook.endpoint_disabled', ({ reason }) => countDisabled({ reason }));
  events.on('webhook.attempted', ({ outcome, errorClass = 'none', durationMs }) => {
    count({ outcome, error_class: errorClass });
    if (durationMs !== undefined) observe({ outcome }, durationMs / 1000);
  });
}

function countRetention(events: Listen, metrics: Metrics): void {
  const countObjects = metrics.counter({
    name: 'forebay_retention_objects_total',
    help: 'Objects of the data folder that were deleted at the end of their time, or could not be.',
    labels: ['kind', 'outcome'],
  });
  const countBytes = metrics.counter({
    name: 'forebay_retention_bytes_total',
    help: 'Bytes of the objects that were deleted.',
    labels: ['kind'],
  });
  const countRefused = metrics.counter({
    name: 'forebay_retention_refused_total',
    help: 'Walks that deleted nothing, because the data folder belongs to another store.',
    labels: [],
  });
  const countLines = metrics.counter({
    name: 'forebay_ledger_lines_total',
    help: 'Lines of the ledger that this process brought from the store to segments.',
    labels: [],
  });
  events.on('ledger.kept', ({ lines }) => countLines({}, lines));
  events.on('objects.deleted', ({ kind, count, bytes }) => {
    countObjects({ kind, outcome: 'deleted' }, count);
    countBytes({ kind }, bytes);
  });
  events.on('object.delete_failed', ({ kind }) => countObjects({ kind, outcome: 'failed' }));
  events.on('retention.refused', () => countRefused({}));
}

function countAudits(events: Listen, metrics: Metrics): void {
  const setDrifting = metrics.gauge({
    name: 'forebay_money_drifting_tenants',
    help:
      'Tenants whose counters of money were not what the ledger and the open jobs say, at the ' +
      'last look of this dispatcher. Every dispatcher looks at all tenants: take the largest.',
    labels: [],
  });
  const setSkipped = metrics.gauge({
    name: 'forebay_money_unjudged_tenants',
    help: 'Tenants with too many open jobs to add their reservations up, at the same look.',
    labels: [],
  });
  const countStopped = metrics.counter({
    name: 'forebay_tenants_stopped_total',
    help: 'Tenants that this dispatcher stopped, because their money did not add up.',
    labels: [],
  });
  events.on('money.audited', ({ drifting, skipped }) => {
    setDrifting({}, drifting);
    setSkipped({}, skipped);
  });
  events.on('tenant.stopped', () => countStopped({}));
}

function countShadows(events: Listen, metrics: Metrics): void {
  const count = metrics.counter({
    name: 'forebay_shadow_jobs_total',
    help:
      'Ended jobs that were drawn for a shadow, by whether it was made, and if not by what kept ' +
      'it away.',
    labels: ['route', 'outcome'],
  });
  events.on('shadow.judged', ({ route, outcome }) => count({ route, outcome }));
}

const nanoUsdPerUsd = 1e9;

function showGlobalBudgets(events: Listen, metrics: Metrics): void {
  const setFigures = metrics.figures({
    name: 'forebay_global_budget_usd',
    help:
      'Budgets of all tenants in their present window: their limit, and what is reserved, spent ' +
      'and unknown of it. Every dispatcher shows the same, so take max and not sum.',
    labels: ['period', 'figure'],
    type: 'gauge',
  });
  events.on('global_budgets.seen', ({ budgets }) =>
    setFigures(
      budgets.flatMap(({ account, reserved, spent, unknown }) => {
        const { period, limitNanoUsd: limit } = account;
        return Object.entries({ limit, reserved, spent, unknown }).map(([figure, amount]) => ({
          labels: { period, figure },
          value: Number(amount) / nanoUsdPerUsd,
        }));
      }),
    ),
  );
}
