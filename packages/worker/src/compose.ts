/**
 * Wires a worker process: adapters meet use cases here and nowhere else. Reading order: the store
 * and what all roles share, then the pools, the dispatcher, the webhooks.
 */
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { createSegmentArchive } from '@forebay/shared/archive/segment-archive';
import { type ConfigReloader, createConfigReloader } from '@forebay/shared/config/config-reloader';
import type { LiveConfig } from '@forebay/shared/config/live-config';
import type { ForebayEnv } from '@forebay/shared/config/read-env';
import { newHolder } from '@forebay/shared/domain/ids';
import { limits } from '@forebay/shared/domain/limits';
import type { Model } from '@forebay/shared/domain/model-catalog';
import { createBrownoutView } from '@forebay/shared/live/brownout-view';
import { createLiveView, type LiveView } from '@forebay/shared/live/live-view';
import { createQualityView } from '@forebay/shared/live/quality-view';
import { createPayloadVault } from '@forebay/shared/payloads/payload-vault';
import type { JobArchive } from '@forebay/shared/ports/job-archive';
import type { ObjectStore } from '@forebay/shared/ports/object-store';
import { webhookQueueName } from '@forebay/shared/queue/queue-names';
import { createTicketQueues } from '@forebay/shared/queue/ticket-queues';
import type { RedisClient } from '@forebay/shared/redis/connection';
import { queuePrefix } from '@forebay/shared/redis/keys';
import { openStore, type Store } from '@forebay/shared/redis/open-store';
import { rampInto } from '@forebay/shared/routing/ramp-into';
import { systemClock } from '@forebay/shared/runtime/clock';
import type { Service } from '@forebay/shared/runtime/service';
import { createDiskObjectStore } from '@forebay/shared/storage/disk-object-store';
import { createPlainSeal } from '@forebay/shared/storage/plain-seal';
import { emitReload } from '@forebay/shared/telemetry/config-events';
import { policyFromSettings } from '@forebay/shared/webhooks/policy-from-settings';
import { composeArchive } from './compose-archive.ts';
import { composeShadows } from './compose-shadows.ts';
import { createClosedLaneReplanner } from './dispatch/closed-lanes.ts';
import { createDueSweeper } from './dispatch/due-sweeper.ts';
import { createEscrowKeeper } from './dispatch/escrow-keeper.ts';
import { createFeeder } from './dispatch/feeder.ts';
import { createMoneyAuditor } from './dispatch/money-auditor.ts';
import { createPromoter } from './dispatch/promoter.ts';
import type { ReassignJobDeps } from './dispatch/reassign-job.ts';
import { createTermsRenewer } from './dispatch/terms-renewer.ts';
import { createWindowSweeper } from './dispatch/window-sweeper.ts';
import { type AnswerJournal, openAnswerJournal } from './execution/answer-journal.ts';
import { endMissed } from './execution/end-missed.ts';
import { type ExecuteJobDeps, executeJob } from './execution/execute-job.ts';
import { createJournalAdopter } from './execution/journal-adopter.ts';
import { createJournalProbe } from './execution/journal-probe.ts';
import { type AnswerKeeperDeps, createAnswerKeeper } from './execution/keep-answer.ts';
import { traceCalls } from './execution/trace-calls.ts';
import { createSchemaChecker } from './outputs/schema-checker.ts';
import { createModelPool, type ModelPool } from './pool/model-pool.ts';
import { createPoolHeartbeat } from './pool/pool-heartbeat.ts';
import { createPoolSet, type PoolSet } from './pool/pool-set.ts';
import { createProviderClient } from './providers/provider-client.ts';
import { egressLimits } from './webhooks/egress.ts';
import { relaySettingsDefault } from './webhooks/relay.ts';
import { reportDelivery } from './webhooks/report-delivery.ts';
import { createWebhooksRole } from './webhooks/webhooks-role.ts';
import type { WorkerEvents } from './worker-events.ts';

export interface WorkerParts {
  readonly store: Store;
  /** Loops of the dispatcher and webhook roles, live figures, heartbeats. */
  readonly services: readonly Service[];
  /** `undefined` without the pool role, and so is the journal. */
  readonly pools: PoolSet | undefined;
  readonly journal: AnswerJournal | undefined;
  /** Settles answers that earlier processes journalled; before the pools start. */
  replay(): Promise<number>;
  /** Makes running calls stop and hand their jobs back. */
  handBack(): void;
  /** Reads the configuration file again now. */
  reload(): Promise<unknown>;
  /** Ends the trying of store calls; nothing more can be written. */
  giveUp(): void;
  close(): Promise<void>;
}

export interface ComposeInput {
  readonly env: ForebayEnv;
  readonly config: LiveConfig;
  readonly events: WorkerEvents;
}

interface Common {
  readonly input: ComposeInput;
  readonly store: Store;
  readonly objects: ObjectStore;
  readonly archive: JobArchive;
  readonly live: LiveView;
  readonly reassign: ReassignJobDeps;
  readonly handBack: AbortController;
  readonly onError: (loop: string) => (error: unknown) => void;
}

export async function composeWorker(input: ComposeInput): Promise<WorkerParts> {
  const { env, config, events } = input;
  const onError = (loop: string) => (error: unknown) => events.emit('loop.failed', { loop, error });
  // Large bodies and archived jobs, on the disk that all processes share.
  const objects = createDiskObjectStore(join(env.dataDir, 'objects'));
  const archive = createSegmentArchive(objects);
  const store = await openWorkerStore(env, { archive, onError: onError('redis') });
  const catalog = () => config.catalog;
  const { jobs, lanes } = store;
  const clock = systemClock;
  const live = createLiveView({ lanes, jobs, catalog, clock, onError: onError('live-view') });
  const queue = createTicketQueues({
    client: store.client,
    namespace: env.namespace,
    clock,
    onError: onError('ticket-queues'),
  });
  const reloader = composeReloader(input, onError('config-reloader'));
  const giveUp = new AbortController();
  const handBack = new AbortController();
  // Every running call and every retry listens to these; there is no bound to warn about.
  setMaxListeners(0, giveUp.signal, handBack.signal);
  const reassign: ReassignJobDeps = {
    jobs,
    lanes,
    queue,
    catalog,
    live,
    brownout: createBrownoutView({ ...store, clock, onError: onError('brownout') }),
    quality: createQualityView({ ...store, catalog, clock, onError: onError('quality') }),
    clock,
    events,
    giveUp: giveUp.signal,
    role: 'worker',
  };
  const common: Common = { input, store, objects, archive, live, reassign, handBack, onError };
  const pools = env.roles.includes('pool') ? await composePools(common) : undefined;
  return {
    store,
    services: [
      live,
      reloader,
      ...(pools?.services ?? []),
      ...(env.roles.includes('dispatcher') ? composeDispatcher(common) : []),
      ...(env.roles.includes('webhooks') ? [await composeWebhooks(common)] : []),
    ],
    pools: pools?.pools,
    journal: pools?.journal,
    replay: pools?.replay ?? (() => Promise.resolve(0)),
    handBack: () => handBack.abort(),
    reload: () => reloader.reload(),
    giveUp: () => giveUp.abort(),
    async close() {
      await pools?.close();
      await queue.close();
      await store.close();
    },
  };
}

async function openWorkerStore(
  env: ForebayEnv,
  { archive, onError }: { archive: JobArchive; onError: (error: unknown) => void },
): Promise<Store> {
  const store = await openStore({
    connection: {
      url: env.redisUrl,
      name: env.workerName,
      commandTimeoutMs: 10_000,
      whenAway: 'wait',
      onError,
    },
    namespace: env.namespace,
    leaseMs: env.leaseMs,
    ticketCheckMs: env.ticketCheckMs,
    patienceMs: limits.storePatienceMs,
    archive,
  });
  await store.wakeUps.start('orders');
  return store;
}

function composeReloader(
  { env, config, events }: ComposeInput,
  onError: (error: unknown) => void,
): ConfigReloader {
  return createConfigReloader({
    path: env.configPath,
    env: env.lookup,
    config,
    clock: systemClock,
    onOutcome: (outcome) => emitReload(events, outcome),
    onError,
  });
}

interface Pools {
  readonly journal: AnswerJournal;
  readonly pools: PoolSet;
  readonly services: readonly Service[];
  readonly replay: () => Promise<number>;
  readonly close: () => Promise<void>;
}

async function composePools(common: Common): Promise<Pools> {
  const { input, store, reassign, handBack, onError } = common;
  const { env } = input;
  const journals = join(env.dataDir, 'journals');
  const journal = await openAnswerJournal({
    directory: journals,
    owner: env.workerName.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '-'),
    clock: systemClock,
  });
  const provider = traceCalls(composeProvider(env));
  const outputs = createSchemaChecker({ clock: systemClock });
  const vault = createPayloadVault({ seal: createPlainSeal(), objects: common.objects });
  const keeping: Omit<AnswerKeeperDeps, 'journal'> = {
    ...reassign,
    ...{ jobs: store.jobs, vault, outputs },
    endMissed: (request, end) => endMissed({ ...reassign, jobs: store.jobs }, request, end),
  };
  const answers = createAnswerKeeper({ ...keeping, journal });
  const { jobs, deltas, lanes, wakeUps } = store;
  const execution = {
    ...reassign,
    ...{ jobs, deltas, lanes, wakeUps },
    lease: { leaseMs: env.leaseMs, renewalMs: env.leaseRenewalMs },
    handBack: handBack.signal,
    ...{ provider, vault, answers },
    workerName: env.workerName,
  };
  const connection = await store.connect('pools');
  const holder = newHolder(env.workerName);
  const pools = composePoolSet(common, { execution, journal, connection, holder });
  return {
    journal,
    pools,
    services: [
      createPoolHeartbeat({
        lanes: store.lanes,
        models: () => pools.models(),
        holder,
        isHealthy: () => journal.healthy,
        intervalMs: env.leaseRenewalMs,
        clock: systemClock,
        onError: onError('heartbeat'),
      }),
      createJournalAdopter({ ...keeping, directory: journals, intervalMs: 2 * env.leaseMs }),
      createJournalProbe({ journal, clock: systemClock, onError: onError('journal-probe') }),
    ],
    replay: () => answers.replay(),
    async close() {
      await provider.close();
      await outputs.close();
      await journal.close();
      connection.disconnect();
    },
  };
}

interface PoolNeeds {
  readonly execution: ExecuteJobDeps;
  readonly journal: AnswerJournal;
  readonly connection: RedisClient;
  readonly holder: string;
}

/** The pools of the models that this worker serves, also after a reload. */
function composePoolSet(common: Common, needs: PoolNeeds): PoolSet {
  const { input, store, reassign, onError } = common;
  const { env, config, events } = input;
  const { execution, journal, connection, holder } = needs;
  const openPool = (model: Model): ModelPool =>
    createModelPool(
      {
        lanes: store.lanes,
        execute: (assignment) => executeJob(execution, assignment),
        deploymentsNow: (model) =>
          rampInto(model, { catalog: config.catalog, live: common.live.snapshot() }),
        findModel: (name) => config.catalog.models.get(name),
        clock: systemClock,
        serverNowMs: () => store.jobs.nowMs(),
        events,
        giveUp: reassign.giveUp,
        connection,
        namespace: env.namespace,
        workerName: env.workerName,
        holder,
        permitSlackMs: env.leaseMs,
        isHealthy: () => journal.healthy,
      },
      model,
    );
  const pools = createPoolSet({
    served: () => servedModels(input),
    open: openPool,
    onError: onError('pools'),
  });
  config.onSwap(() => pools.adapt());
  return pools;
}

function servedModels({ env, config }: ComposeInput): readonly Model[] {
  const models = [...config.catalog.models.values()];
  return models.filter((model) => env.poolModels?.includes(model.name) ?? true);
}

/** Only here, and only for the call itself, does a provider's key leave its wrapper. */
function composeProvider(env: ForebayEnv) {
  return createProviderClient({
    clock: systemClock,
    resolveKey: (name) => env.providerKey(name)?.reveal(),
  });
}

function composeDispatcher(common: Common): Service[] {
  const { input, store, objects, archive, reassign } = common;
  const { env } = input;
  const deps = {
    ...reassign,
    role: 'dispatcher' as const,
    jobs: store.jobs,
    lanes: store.lanes,
    removedModels: () => input.config.removedModels,
    leaseMs: env.leaseMs,
    sweepIntervalMs: env.sweepIntervalMs,
    ticketCheckMs: env.ticketCheckMs,
  };
  return [
    createDueSweeper(deps),
    createFeeder(deps),
    createWindowSweeper(deps),
    createClosedLaneReplanner(deps),
    createPromoter({ ...deps, settings: () => input.config.promotion }),
    createTermsRenewer({
      ...deps,
      terms: store.terms,
      escrow: store.escrow,
      shardCount: store.jobs.shardCount,
    }),
    createEscrowKeeper({ ...deps, escrow: store.escrow }),
    createMoneyAuditor({ ...deps, audit: store.moneyAudit, terms: store.terms }),
    composeShadows({ ...input, store, objects, live: common.live, queue: reassign.queue }),
    ...composeArchive({ ...input, store, objects, archive }),
  ];
}

async function composeWebhooks(common: Common): Promise<Service> {
  const { input, store, onError } = common;
  const { env, events } = input;
  const connection = await store.connect('webhooks');
  const role = createWebhooksRole({
    outbox: store.outbox,
    endpoints: store.endpoints,
    jobs: store.jobs,
    wakeUps: store.wakeUps,
    clock: systemClock,
    policy: policyFromSettings(input),
    installationSecret: env.webhookSecret?.reveal(),
    userAgent: 'forebay/0.1',
    publicUrl: env.publicUrl ?? '',
    queue: {
      prefix: queuePrefix(env.namespace, webhookQueueName),
      producer: store.client,
      consumer: connection,
    },
    ...scaledDelivery(env.leaseMs / limits.leaseMs),
    graceMs: Math.min(env.shutdownGraceMs, 20_000),
    onOutcome(ticket, outcome) {
      events.emit('webhook.attempted', reportDelivery(ticket.eventId, outcome));
      const reason = outcome.kind === 'recorded' ? outcome.disabled : undefined;
      if (reason === undefined) return;
      events.emit('webhook.endpoint_disabled', { endpointId: ticket.endpointId, reason });
    },
    onError: onError('webhooks'),
  });
  return {
    name: role.name,
    start: () => role.start(),
    async stop() {
      await role.stop();
      connection.disconnect();
    },
  };
}

/** Trials that shorten the lease shorten deliveries with it: a hold must outlast a sending. */
function scaledDelivery(scale: number) {
  const { holdMs, sendMs } = relaySettingsDefault;
  return {
    relaySettings: { ...relaySettingsDefault, holdMs: holdMs * scale, sendMs: sendMs * scale },
    egressLimits: { ...egressLimits, totalTimeoutMs: egressLimits.totalTimeoutMs * scale },
  };
}
