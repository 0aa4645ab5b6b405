/**
 * Opens the store for one process: connects, refuses an unsafe server, agrees on the shard count,
 * and hands out the adapters of every port that Redis serves.
 */
import { ForebayError } from '../domain/forebay-error.ts';
import { limits } from '../domain/limits.ts';
import type { AdminKeyStore } from '../ports/admin-key-store.ts';
import type { ArchiveStore } from '../ports/archive-store.ts';
import type { AuditStore } from '../ports/audit-store.ts';
import type { DeltaStore } from '../ports/delta-store.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import type { JobArchive } from '../ports/job-archive.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { KeyStore } from '../ports/key-store.ts';
import type { LaneStore } from '../ports/lane-store.ts';
import type { LedgerStore } from '../ports/ledger-store.ts';
import type { MoneyAuditStore } from '../ports/money-audit-store.ts';
import type { OperationStore } from '../ports/operation-store.ts';
import type { OutboxStore } from '../ports/outbox-store.ts';
import type { OutcomeImportStore } from '../ports/outcome-import-store.ts';
import type { PreferenceStore } from '../ports/preference-store.ts';
import type { QualityStore } from '../ports/quality-store.ts';
import type { RequestRate } from '../ports/request-rate.ts';
import type { RetentionStore } from '../ports/retention-store.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { StoreFigures } from '../ports/store-figures.ts';
import type { TenantStore } from '../ports/tenant-store.ts';
import type { TenantTermsStore } from '../ports/tenant-terms-store.ts';
import type { WakeUps } from '../ports/wake-ups.ts';
import type { WebhookEndpointStore } from '../ports/webhook-endpoint-store.ts';
import { systemClock } from '../runtime/clock.ts';
import { wait } from '../runtime/wait.ts';
import { createAdminKeyStore } from './admin-key-store.ts';
import { createArchiveStore } from './archive-store.ts';
import { createAuditStore } from './audit-store.ts';
import {
  type ConnectionSettings,
  connectLike,
  connectRedis,
  type RedisClient,
} from './connection.ts';
import { createDeltaStore } from './delta-store.ts';
import { createEscrowStore } from './escrow-store.ts';
import { createJobStore } from './job-store.ts';
import { createKeyStore } from './key-store.ts';
import { createKeys, epochKey, type StoreKeys } from './keys.ts';
import { createLaneStore } from './lane-store.ts';
import { createLedgerStore } from './ledger-store.ts';
import { createMoneyAuditStore } from './money-audit-store.ts';
import { createOperationStore } from './operation-store.ts';
import { createOutboxStore } from './outbox-store.ts';
import { createOutcomeImportStore } from './outcome-import-store.ts';
import { createPreferenceStore } from './preference-store.ts';
import { createQualityStore } from './quality-store.ts';
import { createRequestRate } from './request-rate.ts';
import { createRetentionStore } from './retention-store.ts';
import { createScriptRunner } from './script-runner.ts';
import { createSessionStore } from './session-store.ts';
import { createStoreFigures } from './store-figures.ts';
import { createTenantStore } from './tenant-store.ts';
import { createTenantTermsStore } from './tenant-terms-store.ts';
import { createWakeUps } from './wake-ups.ts';
import { createWebhookEndpointStore } from './webhook-endpoint-store.ts';

export interface OpenStoreOptions {
  readonly connection: ConnectionSettings;
  /** First part of every key; two installations on one server use different ones. */
  readonly namespace: string;
  readonly leaseMs: number;
  readonly ticketCheckMs: number;
  /** How long to wait for a server that is not up yet; 0 gives up at once. */
  readonly patienceMs?: number;
  /** Where archived jobs are read; a process that reads none can do without. */
  readonly archive?: JobArchive;
  /** Shifts the store's time in property tests; the processes never set it. */
  readonly testClock?: { offsetMs(): number };
}

export interface Store {
  readonly jobs: JobStore;
  readonly deltas: DeltaStore;
  readonly archive: ArchiveStore;
  readonly ledger: LedgerStore;
  readonly retention: RetentionStore;
  readonly lanes: LaneStore;
  readonly outbox: OutboxStore;
  readonly endpoints: WebhookEndpointStore;
  readonly apiKeys: KeyStore;
  readonly requestRate: RequestRate;
  readonly quality: QualityStore;
  readonly outcomeImports: OutcomeImportStore;
  readonly terms: TenantTermsStore;
  readonly escrow: EscrowStore;
  readonly tenants: TenantStore;
  readonly preferences: PreferenceStore;
  readonly sessions: SessionStore;
  readonly adminKeys: AdminKeyStore;
  readonly audit: AuditStore;
  readonly operations: OperationStore;
  readonly moneyAudit: MoneyAuditStore;
  readonly wakeUps: WakeUps;
  readonly figures: StoreFigures;
  readonly keys: StoreKeys;
  /** For BullMQ's producers and for probes; everything else goes through the ports. */
  readonly client: RedisClient;
  /** A new connection with these settings, for a BullMQ worker. */
  connect(name: string): Promise<RedisClient>;
  /** Whether the server answers. */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}

/** @throws ForebayError `store_unavailable` when Redis is away, `internal` when it is unsafe. */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const client = await connectPatiently(options);
  try {
    await refuseEviction(client);
    const keys = createKeys(options.namespace, await agreeOnShards(client, options.namespace));
    const subscriber = await connectLike(client, background(options.connection, 'wake-ups'));
    return assemble({ options, client, keys, subscriber });
  } catch (error) {
    client.disconnect();
    throw error;
  }
}

const retryPauseMs = 250;

/** Processes may start in any order: whoever comes before the server waits for it. */
async function connectPatiently(options: OpenStoreOptions): Promise<RedisClient> {
  const clock = systemClock;
  const startedMs = clock.monotonicMs();
  for (;;) {
    try {
      return await connectRedis(options.connection);
    } catch (error) {
      const waitedMs = clock.monotonicMs() - startedMs;
      if (waitedMs >= (options.patienceMs ?? 0)) throw error;
      await wait(clock, retryPauseMs, new AbortController().signal);
    }
  }
}

interface Parts {
  readonly options: OpenStoreOptions;
  readonly client: RedisClient;
  readonly keys: StoreKeys;
  readonly subscriber: RedisClient;
}

function assemble({ options, client, keys, subscriber }: Parts): Store {
  const clockOffsetMs = (): number => options.testClock?.offsetMs() ?? 0;
  const scripts = createScriptRunner({ client, clockOffsetMs });
  const wakeUps = createWakeUps(subscriber, keys);
  const { ticketCheckMs, archive } = options;
  return {
    jobs: createJobStore({ client, scripts, keys, archive, clockOffsetMs, ticketCheckMs }),
    deltas: createDeltaStore({ scripts, keys }),
    archive: createArchiveStore({ client, scripts, keys, clockOffsetMs }),
    ledger: createLedgerStore({ client, scripts, keys, clockOffsetMs }),
    retention: createRetentionStore({ client, keys }),
    lanes: createLaneStore({
      ...{ scripts, keys, poolDeadAfterMs: options.leaseMs },
      random: () => systemClock.random(),
    }),
    outbox: createOutboxStore({ client, scripts, keys }),
    endpoints: createWebhookEndpointStore({ client, scripts, keys }),
    terms: createTenantTermsStore({ client, scripts, keys }),
    escrow: createEscrowStore({ client, scripts, keys, clockOffsetMs }),
    apiKeys: createKeyStore({ client, scripts, keys }),
    requestRate: createRequestRate({ scripts, keys }),
    quality: createQualityStore({ client, scripts, keys, clockOffsetMs }),
    outcomeImports: createOutcomeImportStore({ client, scripts, keys, clockOffsetMs }),
    tenants: createTenantStore({ client, scripts, keys }),
    preferences: createPreferenceStore({ client, keys }),
    sessions: createSessionStore({ client, keys }),
    adminKeys: createAdminKeyStore({ client, keys }),
    operations: createOperationStore({ client, scripts, keys }),
    audit: createAuditStore({ client, scripts, keys, clockOffsetMs }),
    moneyAudit: createMoneyAuditStore({ scripts, keys }),
    wakeUps,
    figures: createStoreFigures({
      client,
      scripts,
      keys,
      clock: systemClock,
      poolDeadAfterMs: options.leaseMs,
    }),
    keys,
    client,
    connect: (name) => connectLike(client, background(options.connection, name)),
    async ping() {
      try {
        return (await client.ping()) === 'PONG';
      } catch {
        // The answer to the question is "no"; the connection reports its own errors.
        return false;
      }
    },
    async close() {
      await wakeUps.close();
      client.disconnect();
    },
  };
}

/** Subscribers and BullMQ workers wait for the server and never time a command out. */
function background(settings: ConnectionSettings, name: string): ConnectionSettings {
  return {
    ...settings,
    name: `${settings.name}:${name}`,
    whenAway: 'wait',
    commandTimeoutMs: undefined,
  };
}

async function refuseEviction(client: RedisClient): Promise<void> {
  // Each master of a cluster has a policy of its own.
  const servers = 'nodes' in client ? client.nodes('master') : [client];
  for (const server of servers) {
    const memory = await server.info('memory');
    const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1];
    if (policy === 'noeviction') continue;
    throw new ForebayError(
      'internal',
      `Redis would delete jobs when memory runs short: its policy is ${policy ?? 'unknown'}. ` +
        'Set it with "CONFIG SET maxmemory-policy noeviction" and in redis.conf.',
    );
  }
}

/** The first process to open an empty store fixes the number of shards; all others read it. */
async function agreeOnShards(client: RedisClient, namespace: string): Promise<number> {
  const key = epochKey(namespace);
  await client.hsetnx(key, 'shards', limits.shardCountDefault);
  await client.hsetnx(key, 'epoch', crypto.randomUUID());
  const shards = Number(await client.hget(key, 'shards'));
  if (Number.isInteger(shards) && shards > 0) return shards;
  throw new ForebayError('internal', `The store's epoch record ${key} is damaged.`);
}
