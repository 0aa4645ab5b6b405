/** An API process: reads its settings, opens its listeners, leaves politely when it is stopped. */

import { createLiveConfig } from '@forebay/shared/config/live-config';
import type { ForebayEnv } from '@forebay/shared/config/read-env';
import { readProcessConfig } from '@forebay/shared/config/read-process-config';
import { systemClock } from '@forebay/shared/runtime/clock';
import { armCrash } from '@forebay/shared/runtime/crash-point';
import { runProcess } from '@forebay/shared/runtime/run-process';
import { logWarnings } from '@forebay/shared/telemetry/config-events';
import { createEvents } from '@forebay/shared/telemetry/events';
import { createLogger } from '@forebay/shared/telemetry/logger';
import { startTracing } from '@forebay/shared/telemetry/start-tracing';
import type { ApiEventMap } from './api-events.ts';
import { type ApiSecrets, composeApi } from './compose.ts';
import { readSigningKeys } from './intake/spend/signing-keys.ts';
import { logApiEvents } from './log-api-events.ts';
import { startApi } from './start-api.ts';

await runProcess(async () => {
  const settings = readProcessConfig();
  if (settings.kind === 'invalid') return settings;
  const { env } = settings;
  const config = createLiveConfig(settings.config, systemClock.nowMs());
  const secrets = readSecrets(env);
  if ('problems' in secrets) return secrets;
  if (env.crashAt !== undefined) armCrash(env.crashAt);
  const service = 'api';
  const logger = createLogger({ service, level: env.logLevel });
  const instance = env.workerName;
  const tracing = await startTracing({ mode: env.tracing, service, instance, logger });
  const events = createEvents<ApiEventMap>((event, error) =>
    logger.error('listener.failed', { name: event, error }),
  );
  logApiEvents(logger, events);
  logWarnings(logger, config.version, settings.warnings);
  const parts = await composeApi({ env, config, events, secrets });
  const api = await startApi(parts, env);
  const { port, adminPort } = api;
  logger.info('api.ready', { port, adminPort, catalogVersion: config.catalog.version });
  return {
    kind: 'running',
    reload() {
      parts.reload().catch((error: unknown) => {
        events.emit('background.failed', { name: 'config-reloader', error });
      });
    },
    async stop() {
      logger.info('api.stopping');
      await api.stop();
      await tracing.stop();
      logger.info('api.stopped');
    },
  };
});

/**
 * Without these an API could authenticate nobody, would leave its admin listener open, or could
 * keep no secret of a webhook endpoint.
 */
function readSecrets(
  env: ForebayEnv,
): ApiSecrets | { readonly kind: 'invalid'; readonly problems: readonly string[] } {
  const { keyPepper, adminKey, webhookSecret, signingKey, oldSigningKeys = [] } = env;
  if (keyPepper !== undefined && adminKey !== undefined && webhookSecret !== undefined) {
    return {
      keyPepper: keyPepper.reveal(),
      adminKey: adminKey.reveal(),
      webhookSecret: webhookSecret.reveal(),
      signingKeys: signingKey && readSigningKeys(signingKey.reveal(), oldSigningKeys),
    };
  }
  const missing = [
    ...(keyPepper === undefined ? ['FOREBAY_KEY_PEPPER'] : []),
    ...(adminKey === undefined ? ['FOREBAY_ADMIN_KEY'] : []),
    ...(webhookSecret === undefined ? ['FOREBAY_WEBHOOK_SECRET'] : []),
  ];
  return {
    kind: 'invalid',
    problems: missing.map(
      (name) => `${name}: expected a value, because the api needs it; got none`,
    ),
  };
}
