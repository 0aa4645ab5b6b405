/** A worker process: reads its settings, runs its roles, hands its jobs back when it is stopped. */
import { createLiveConfig } from '@forebay/shared/config/live-config';
import { readProcessConfig } from '@forebay/shared/config/read-process-config';
import { systemClock } from '@forebay/shared/runtime/clock';
import { armCrash } from '@forebay/shared/runtime/crash-point';
import { runProcess } from '@forebay/shared/runtime/run-process';
import { logWarnings } from '@forebay/shared/telemetry/config-events';
import { createEvents } from '@forebay/shared/telemetry/events';
import { createLogger } from '@forebay/shared/telemetry/logger';
import { startTracing } from '@forebay/shared/telemetry/start-tracing';
import { composeWorker } from './compose.ts';
import { openMonitor } from './compose-monitor.ts';
import { logWorkerEvents } from './log-worker-events.ts';
import { startWorker } from './start-worker.ts';
import { traceWorkerEvents } from './trace-worker-events.ts';
import type { WorkerEventFields } from './worker-events.ts';

await runProcess(async () => {
  const settings = readProcessConfig();
  if (settings.kind === 'invalid') return settings;
  const { env } = settings;
  const config = createLiveConfig(settings.config, systemClock.nowMs());
  if (env.crashAt !== undefined) armCrash(env.crashAt);
  const service = 'worker';
  const logger = createLogger({ service, level: env.logLevel });
  const instance = env.workerName;
  const tracing = await startTracing({ mode: env.tracing, service, instance, logger });
  const events = createEvents<WorkerEventFields>((event, error) =>
    logger.error('listener.failed', { name: event, error }),
  );
  logWorkerEvents(logger, events);
  logWarnings(logger, config.version, settings.warnings);
  traceWorkerEvents(events);
  const parts = await composeWorker({ env, config, events });
  const monitor = await openMonitor({ env, config, events, parts });
  const worker = await startWorker(parts, env.shutdownGraceMs);
  monitor.ready();
  logger.info('worker.ready', {
    worker: env.workerName,
    catalogVersion: config.catalog.version,
    metricsPort: monitor.port,
  });
  return {
    kind: 'running',
    reload() {
      parts.reload().catch((error: unknown) => {
        events.emit('loop.failed', { loop: 'config-reloader', error });
      });
    },
    async stop() {
      logger.info('worker.stopping', { worker: env.workerName });
      monitor.draining();
      await worker.stop();
      await monitor.close();
      await tracing.stop();
      logger.info('worker.stopped', { worker: env.workerName });
    },
  };
});
