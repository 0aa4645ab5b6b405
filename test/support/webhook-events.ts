/** The webhook role over a real store, and jobs that end at once, for tests of deliveries. */

import { type JobId, newJobId, parseTenantId, type TenantId } from '@forebay/shared/domain/ids';
import { defaultJobEvents, type JobWebhook } from '@forebay/shared/domain/job';
import { limits } from '@forebay/shared/domain/limits';
import type { NewJob } from '@forebay/shared/ports/job-store';
import { webhookQueueName } from '@forebay/shared/queue/queue-names';
import { queuePrefix } from '@forebay/shared/redis/keys';
import { openStore, type Store } from '@forebay/shared/redis/open-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import type { Service } from '@forebay/shared/runtime/service';
import { webhookEndpointId } from '@forebay/shared/webhooks/endpoint-id';
import type { RelaySettings } from '@forebay/worker/webhooks/relay';
import { createWebhooksRole } from '@forebay/worker/webhooks/webhooks-role';

export interface WebhookPlace {
  readonly redisUrl: string;
  readonly namespace: string;
}

export function openTestStore(place: WebhookPlace, onError: (error: unknown) => void) {
  return openStore({
    connection: {
      url: place.redisUrl,
      name: 'webhook-test',
      commandTimeoutMs: 5_000,
      whenAway: 'fail',
      onError,
    },
    namespace: place.namespace,
    leaseMs: limits.leaseMs,
    ticketCheckMs: limits.ticketCheckMs,
  });
}

/** The prefix of the delivery queue's keys. */
export function deliveryPrefix(namespace: string): string {
  return queuePrefix(namespace, webhookQueueName);
}

export interface TestRoleOptions {
  readonly store: Store;
  readonly namespace: string;
  readonly secret: string;
  readonly onError: (error: unknown) => void;
  readonly relaySettings?: RelaySettings;
  readonly disableAfterMs?: number;
}

/** Everything real; only loopback is allowed, as in local mode. */
export async function openTestRole(options: TestRoleOptions): Promise<Service> {
  const { store, namespace, secret, onError, relaySettings, disableAfterMs } = options;
  const consumer = await store.connect('webhooks');
  const role = createWebhooksRole({
    outbox: store.outbox,
    endpoints: store.endpoints,
    jobs: store.jobs,
    wakeUps: store.wakeUps,
    clock: systemClock,
    policy: { allowHttp: false, allowLoopback: true, extraPorts: [], ownHosts: [] },
    installationSecret: secret,
    userAgent: 'forebay/test',
    publicUrl: '',
    queue: { prefix: deliveryPrefix(namespace), producer: store.client, consumer },
    graceMs: 1_000,
    onOutcome: () => undefined,
    onError,
    ...(relaySettings === undefined ? {} : { relaySettings }),
    ...(disableAfterMs === undefined ? {} : { disableAfterMs }),
  });
  return {
    name: role.name,
    start: () => role.start(),
    async stop() {
      await role.stop();
      consumer.disconnect();
    },
  };
}

export function testTenant(name: string): TenantId {
  const tenant = parseTenantId(name);
  if (tenant === undefined) throw new Error(`not a tenant name: ${name}`);
  return tenant;
}

/**
 * Admits a job and cancels it: the shortest way to an event in the outbox.
 *
 * @param url its own webhook; without it only registered endpoints hear of it.
 */
export async function endJob(store: Store, tenant: TenantId, url?: string): Promise<JobId> {
  const job = await newJob(store, tenant, url);
  await store.jobs.admit(job);
  await store.jobs.cancel({ tenant, id: job.id });
  return job.id;
}

async function newJob(store: Store, tenant: TenantId, url?: string): Promise<NewJob> {
  const nowMs = await store.jobs.nowMs();
  const kind = 'chat.completions';
  return {
    tenant,
    id: newJobId(),
    spec: {
      kind,
      requested: 'model-a',
      models: [],
      features: {
        kind,
        inputTokensBound: 10,
        inputTokensEstimate: 5,
        imageCount: 0,
        outputTokensRequested: 10,
        choices: 1,
        needs: [],
      },
      metadata: { order: '17' },
      user: undefined,
      customId: 'line-1',
      riskRetries: 1,
      fallbackOnFilter: false,
      webhook: url === undefined ? undefined : webhookTo(tenant, url),
    },
    plan: {
      requested: 'model-a',
      strategy: 'listed',
      candidates: [],
      exclusions: [],
      catalogVersion: 'test',
      plannedAtMs: nowMs,
    },
    model: 'model-a',
    whyChosen: 'the only one',
    priority: 5,
    deadlineAtMs: nowMs + 60_000,
    runAtMs: undefined,
    ceiling: 1_000_000_000n,
    reservation: 500_000n,
    sealedPayload: Buffer.from('sealed'),
    idempotency: undefined,
  };
}

function webhookTo(tenant: TenantId, url: string): JobWebhook {
  return { url, endpointId: webhookEndpointId(tenant, url), events: defaultJobEvents };
}
