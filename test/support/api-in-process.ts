/**
 * The api inside the test's own process, on real Redis and real sockets but without workers: a
 * test plays the worker through the store, and so decides what happens to a job and when.
 */

import { join } from 'node:path';
import type { ApiEventMap } from '@forebay/api/api-events';
import { composeApi } from '@forebay/api/compose';
import type { AdminRoute, Route } from '@forebay/api/http/route-table';
import type { SigningKeys } from '@forebay/api/intake/spend/signing-keys';
import { startApi } from '@forebay/api/start-api';
import { createLiveConfig } from '@forebay/shared/config/live-config';
import { loadConfig } from '@forebay/shared/config/load-config';
import { readEnv } from '@forebay/shared/config/read-env';
import { type KeyScope, type KeySettings, keyScopes } from '@forebay/shared/ports/key-store';
import { type Clock, systemClock } from '@forebay/shared/runtime/clock';
import { createEvents, type Events } from '@forebay/shared/telemetry/events';
import { createKey, type ManageKeysDeps } from '@forebay/shared/tenants/manage-keys';
import type { ManageTenantsDeps } from '@forebay/shared/tenants/manage-tenants';
import { newWebhookSecret } from '@forebay/shared/webhooks/webhook-secret';
import { onTestFinished } from 'vitest';
import { type ApiClient, createApiClient } from './http.ts';
import { makeFolder, removeFolder } from './scratch-folder.ts';
import { newSigningKeys } from './signing-key.ts';
import { type TestStore, tenantNamed, useStore } from './store.ts';

export interface InProcessApi {
  readonly url: string;
  readonly adminUrl: string;
  readonly adminKey: string;
  /** For a webhooks role beside it. */
  readonly webhookSecret: string;
  readonly store: TestStore;
  readonly dataDir: string;
  readonly events: Events<ApiEventMap>;
  readonly routes: readonly Route[];
  readonly operatorRoutes: readonly AdminRoute[];
  /** A client of the admin listener; with the installation's own key unless another is given. */
  operator(key?: string): ApiClient;
  /** A client with a new key of the tenant. */
  client(tenant: string, scopes?: readonly KeyScope[]): Promise<ApiClient>;
  /** The text of a new key. */
  newKey(tenant: string, scopes?: readonly KeyScope[]): Promise<string>;
  /** For keys with other settings, and for what operators do. */
  readonly manage: ManageKeysDeps & ManageTenantsDeps;
  stop(): Promise<void>;
}

const pepper = 'a pepper that only this test knows, long enough';
const adminKey = 'admin-key-of-this-test';
const webhookSecret = newWebhookSecret();

export interface InProcessApiOptions {
  /** Another api's, for two of them on one store; a new one when absent. */
  readonly namespace?: string;
  /** New ones when absent. */
  readonly signing?: SigningKeys | undefined;
  /** For how long callers are remembered. */
  readonly callersClock?: Clock;
}

/** Starts an api that ends with the test. */
export async function startInProcessApi(
  redisUrl: string,
  config: string,
  options: InProcessApiOptions = {},
): Promise<InProcessApi> {
  const dataDir = makeFolder('api');
  onTestFinished(() => removeFolder(dataDir));
  const store = await useStore(redisUrl, { ...options, objectsDir: join(dataDir, 'objects') });
  const events = createEvents<ApiEventMap>((name, error) => {
    throw new Error(`a listener of ${name} threw`, { cause: error });
  });
  const parts = await composeApi({
    env: readTestEnv(redisUrl, store.namespace, dataDir),
    config: createLiveConfig(readTestConfig(config), 0),
    events,
    callersClock: options.callersClock,
    secrets: {
      ...{ keyPepper: pepper, adminKey, webhookSecret },
      signingKeys: 'signing' in options ? options.signing : newSigningKeys(),
    },
  });
  const api = await startApi(parts, { host: '127.0.0.1', port: 0, adminPort: 0 });
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= api.stop();
    return stopping;
  };
  onTestFinished(stop);
  const url = `http://127.0.0.1:${api.port}`;
  const adminUrl = `http://127.0.0.1:${api.adminPort}`;
  const newKey = (tenant: string, scopes: readonly KeyScope[] = keyScopes): Promise<string> =>
    writeKey(store, tenant, { scopes });
  return {
    url,
    adminUrl,
    adminKey,
    webhookSecret,
    store,
    dataDir,
    events,
    routes: parts.routes,
    operatorRoutes: parts.operatorRoutes,
    operator: (key = adminKey) => createApiClient({ url: adminUrl, key }),
    newKey,
    manage: manageKeys(store),
    client: async (tenant, scopes) => createApiClient({ url, key: await newKey(tenant, scopes) }),
    stop,
  };
}

function readTestEnv(redisUrl: string, namespace: string, dataDir: string) {
  const read = readEnv({
    FOREBAY_MODE: 'test',
    REDIS_URL: redisUrl,
    FOREBAY_NAMESPACE: namespace,
    FOREBAY_DATA_DIR: dataDir,
    FOREBAY_ALLOW_LOOPBACK_WEBHOOKS: 'true',
  });
  if (read.kind === 'invalid') throw new Error(JSON.stringify(read.problems));
  return read.env;
}

function readTestConfig(text: string) {
  const loaded = loadConfig({ path: 'test.yaml', text, env: () => undefined });
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

function manageKeys(store: TestStore): ManageKeysDeps & ManageTenantsDeps {
  const { apiKeys: keys, tenants, terms } = store;
  return { keys, tenants, terms, clock: systemClock, pepper };
}

async function writeKey(
  store: TestStore,
  tenant: string,
  settings: Partial<KeySettings>,
): Promise<string> {
  const made = await createKey(manageKeys(store), {
    tenant: tenantNamed(tenant),
    environment: 'test',
    settings,
  });
  return made.text;
}
