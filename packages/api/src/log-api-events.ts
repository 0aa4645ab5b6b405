/** API events as log lines: names, ids and numbers only (S10). */
import { logReloads } from '@forebay/shared/telemetry/config-events';
import type { Events } from '@forebay/shared/telemetry/events';
import type { Logger } from '@forebay/shared/telemetry/logger';
import type { ApiEventMap } from './api-events.ts';

export function logApiEvents(logger: Logger, events: Events<ApiEventMap>): void {
  events.on('request.ended', (fields) => logger.info('request.ended', fields));
  events.on('request.failed', (fields) => logger.error('request.failed', fields));
  events.on('job.admitted', (fields) => logger.info('job.admitted', fields));
  events.on('job.replayed', (fields) => logger.info('job.replayed', fields));
  events.on('job.ended', (fields) => logger.info('job.ended', fields));
  events.on('job.cancel_requested', (fields) => logger.info('job.cancel_requested', fields));
  events.on('job.deleted', (fields) => logger.info('job.deleted', fields));
  events.on('job.changed', (fields) => logger.info('job.changed', fields));
  events.on('ticket.placement_failed', (fields) => logger.warn('ticket.placement_failed', fields));
  events.on('ticket.withdrawal_failed', (fields) =>
    logger.warn('ticket.withdrawal_failed', fields),
  );
  events.on('wait.read_failed', (fields) => logger.warn('wait.read_failed', fields));
  logReloads(logger, events);
  events.on('predictor.loaded', ({ file, prompts }) =>
    logger.info('predictor.loaded', { setting: file, count: prompts }),
  );
  events.on('predictor.refused', ({ file, problem }) =>
    logger.error('predictor.refused', { setting: file, problem }),
  );
  events.on('background.failed', (fields) => logger.error('background.failed', fields));
}
