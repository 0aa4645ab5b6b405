/**
 * The parts of worker and api processes inside the test's own process: real pools, real HTTP, and
 * for each its own connections to the store. What they share with each other, they share there.
 */
import type { ApiEventMap } from '@forebay/api/api-events';
import { composeApi } from '@forebay/api/compose';
import { startApi } from '@forebay/api/start-api';
import { createLiveConfig } from '@forebay/shared/config/live-config';
import { readProcessConfig } from '@forebay/shared/config/read-process-config';
import { createEvents } from '@forebay/shared/telemetry/events';
import { composeWorker } from '@forebay/worker/compose';
import { startWorker } from '@forebay/worker/start-worker';
import type { WorkerEventFields, WorkerEvents } from '@forebay/worker/worker-events';
import type { TestForebay } from './forebay.ts';
import { type ApiClient, createApiClient } from './http.ts';
import { testPepper } from './register-key.ts';
import { newSigningKeys } from './signing-key.ts';

type AtEnd = (end: () => Promise<void>) => void;

function configOf({ env }: TestForebay, extra: Readonly<Record<string, string>>) {
  const read = readProcessConfig({ ...env, ...extra });
  if (read.kind === 'invalid') throw new Error(read.problems.join('\n'));
  return { env: read.env, config: createLiveConfig(read.config, 0) };
}

/** @returns the events that the worker tells its listeners. */
export async function startWorkerHere(
  forebay: TestForebay,
  { name, roles }: { readonly name: string; readonly roles: string },
  atEnd: AtEnd,
): Promise<WorkerEvents> {
  const events = createEvents<WorkerEventFields>((event, error) => {
    throw new Error(`a listener of ${event} threw`, { cause: error });
  });
  const input = configOf(forebay, { FOREBAY_WORKER_NAME: name, FOREBAY_ROLES: roles });
  const worker = await startWorker(await composeWorker({ ...input, events }), 3_000);
  atEnd(() => worker.stop());
  return events;
}

/** @returns clients of the public listener and of the one for operators. */
export async function startApiHere(
  forebay: TestForebay,
  atEnd: AtEnd,
): Promise<{ readonly api: ApiClient; readonly operator: ApiClient }> {
  const events = createEvents<ApiEventMap>((event, error) => {
    throw new Error(`a listener of ${event} threw`, { cause: error });
  });
  const { adminKey, webhookSecret, apiKey } = forebay;
  const secrets = { keyPepper: testPepper, adminKey, webhookSecret, signingKeys: newSigningKeys() };
  const parts = await composeApi({ ...configOf(forebay, {}), events, secrets });
  const api = await startApi(parts, { host: '127.0.0.1', port: 0, adminPort: 0 });
  atEnd(() => api.stop());
  return {
    api: createApiClient({ url: `http://127.0.0.1:${api.port}`, key: apiKey }),
    operator: createApiClient({ url: `http://127.0.0.1:${api.adminPort}`, key: adminKey }),
  };
}
