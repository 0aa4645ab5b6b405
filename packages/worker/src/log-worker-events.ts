/** Worker events as log lines: names, ids and numbers only (S10). */
import { logReloads } from '@forebay/shared/telemetry/config-events';
import type { Logger } from '@forebay/shared/telemetry/logger';
import type { WorkerEvents } from './worker-events.ts';

export function logWorkerEvents(logger: Logger, events: WorkerEvents): void {
  events.on('attempt.started', (fields) => logger.debug('attempt.started', fields));
  events.on('attempt.ended', (fields) => logger.info('attempt.ended', fields));
  events.on('usage.refused', (fields) => logger.warn('usage.refused', fields));
  events.on('job.ended', (fields) => logger.info('job.ended', fields));
  events.on('job.reassigned', ({ job, from, model, reason }) =>
    logger.info('job.reassigned', { job, model, name: from, reason }),
  );
  events.on('job.promoted', ({ job, from, model, savedMs }) =>
    logger.info('job.promoted', { job, from, model, durationMs: savedMs ?? 0 }),
  );
  events.on('shadow.judged', (fields) => logger.debug('shadow.judged', fields));
  events.on('ticket.stale', (fields) => logger.info('ticket.stale', fields));
  events.on('ticket.repaired', (fields) => logger.warn('ticket.repaired', fields));
  events.on('permit.denied', ({ model, scarce, retryInMs }) =>
    logger.debug('permit.denied', { model, reason: scarce, delayMs: retryInMs }),
  );
  events.on('deployment.stopped', (fields) => logger.error('deployment.stopped', fields));
  events.on('breaker.changed', ({ model, deployment, state, reason, openMs }) => {
    const fields = { model, deployment, state };
    if (state === 'open') logger.warn('breaker.open', { ...fields, reason, delayMs: openMs });
    else logger.info('breaker.changed', fields);
  });
  events.on('lease.unanswered', (fields) => logger.warn('lease.unanswered', fields));
  events.on('lease.lost', (fields) => logger.warn('lease.lost', fields));
  events.on('answer.adopted', (fields) => logger.info('answer.adopted', fields));
  events.on('answer.wasted', (fields) => logger.warn('answer.wasted', fields));
  events.on('payload.unreadable', (fields) => logger.error('payload.unreadable', fields));
  events.on('record.parked', (fields) => logger.error('record.parked', fields));
  events.on('ledger.kept', ({ lines }) => logger.debug('ledger.kept', { count: lines }));
  events.on('money.drifted', ({ tenant, counter, mustBe, says }) =>
    logger.error('money.drifted', { tenant, name: counter, mustBe, says }),
  );
  events.on('global_budget.threshold', ({ period, percent }) =>
    logger.warn('global_budget.threshold', { name: period, count: percent }),
  );
  events.on('tenant.stopped', (fields) => logger.error('tenant.stopped', fields));
  events.on('jobs.archived', ({ count }) => logger.info('jobs.archived', { count }));
  events.on('objects.deleted', ({ kind, count }) =>
    logger.info('objects.deleted', { name: kind, count }),
  );
  events.on('object.delete_failed', ({ key, error }) =>
    logger.error('object.delete_failed', { name: key, error }),
  );
  events.on('retention.refused', () => logger.error('retention.refused'));
  events.on('loop.failed', ({ loop, error }) => logger.error('loop.failed', { name: loop, error }));
  logReloads(logger, events);
  events.on('store.retry', ({ step, error }) =>
    logger.warn('store.retry', { operation: step, error }),
  );
  events.on('journal.failed', ({ error }) => logger.error('journal.failed', { error }));
  events.on('journal.entry_failed', ({ entry, error }) =>
    logger.error('journal.entry_failed', { name: entry, error }),
  );
  events.on('answer.kept_inline', (fields) => logger.warn('answer.kept_inline', fields));
  events.on('deltas.failed', (fields) => logger.warn('deltas.failed', fields));
  events.on('deltas.dropped', (fields) => logger.warn('deltas.dropped', fields));
  events.on('webhook.attempted', ({ eventId, outcome }) =>
    logger.info('webhook.attempted', { eventId, outcome }),
  );
  events.on('webhook.endpoint_disabled', ({ endpointId, reason }) =>
    logger.warn('webhook.endpoint_disabled', { endpoint: endpointId, reason }),
  );
}
