/**
 * Wires an API process: adapters meet use cases here and nowhere else. Reading order: the store,
 * the use cases, the two applications.
 */
import { join } from 'node:path';
import { createSegmentArchive } from '@forebay/shared/archive/segment-archive';
import { createConfigReloader } from '@forebay/shared/config/config-reloader';
import type { LiveConfig } from '@forebay/shared/config/live-config';
import type { ForebayEnv } from '@forebay/shared/config/read-env';
import { limits } from '@forebay/shared/domain/limits';
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import { createBrownoutView } from '@forebay/shared/live/brownout-view';
import { createLiveView, type LiveView } from '@forebay/shared/live/live-view';
import { createPreferenceView } from '@forebay/shared/live/preference-view';
import { createQualityView } from '@forebay/shared/live/quality-view';
import { createSessionPins } from '@forebay/shared/live/session-pins';
import { createPayloadVault, type PayloadVault } from '@forebay/shared/payloads/payload-vault';
import type { ObjectStore } from '@forebay/shared/ports/object-store';
import type { TicketQueue } from '@forebay/shared/ports/ticket-queue';
import { createTicketQueues } from '@forebay/shared/queue/ticket-queues';
import { createIdempotencyLookup } from '@forebay/shared/redis/idempotency-lookup';
import { openStore, type Store } from '@forebay/shared/redis/open-store';
import { type Clock, systemClock } from '@forebay/shared/runtime/clock';
import type { Service } from '@forebay/shared/runtime/service';
import { createDiskObjectStore } from '@forebay/shared/storage/disk-object-store';
import { createPlainSeal } from '@forebay/shared/storage/plain-seal';
import { emitReload } from '@forebay/shared/telemetry/config-events';
import type { Events } from '@forebay/shared/telemetry/events';
import { policyFromSettings } from '@forebay/shared/webhooks/policy-from-settings';
import { createSecretSeal } from '@forebay/shared/webhooks/secret-seal';
import { checkWebhookUrl } from '@forebay/shared/webhooks/url-policy';
import type { Express } from 'express';
import { createApiMetrics } from './admin/api-metrics.ts';
import { metricsRoutes } from './admin/metrics-routes.ts';
import type { ApplyActionDeps } from './admin/operations/apply-action.ts';
import type { ApiEventMap } from './api-events.ts';
import { type AppDeps, createAdminApp, createPublicApp } from './app.ts';
import { composeCallers } from './compose-callers.ts';
import { composeOperators } from './compose-operators.ts';
import { createDrain, type Drain } from './http/drain.ts';
import { healthRoutes } from './http/health-routes.ts';
import type { AdminRoute, Route } from './http/route-table.ts';
import { createAtomicRoom } from './intake/bulk/atomic-room.ts';
import type { BulkDeps } from './intake/bulk/bulk-deps.ts';
import { createJobEventStreams, type JobEventStreams } from './intake/job-event-streams.ts';
import { createListCursors } from './intake/list-cursor.ts';
import { createQualityPredictor, type QualityPredictor } from './intake/quality-predictor.ts';
import type { ReadJobDeps } from './intake/read-job.ts';
import { createRouteTurns } from './intake/route-turns.ts';
import type { SigningKeys } from './intake/spend/signing-keys.ts';
import type { SubmitJobDeps } from './intake/submit-job.ts';
import { createJobWaiters, type JobWaiters } from './intake/wait-for-job.ts';
import { bulkRoutes } from './native/bulk-routes.ts';
import { changeRoutes } from './native/change-routes.ts';
import { deleteRoutes } from './native/delete-routes.ts';
import { estimateRoutes } from './native/estimate-routes.ts';
import { eventRoutes } from './native/event-routes.ts';
import { feedbackRoutes } from './native/feedback-routes.ts';
import { jobRoutes } from './native/job-routes.ts';
import { listRoutes } from './native/list-routes.ts';
import { modelRoutes } from './native/model-routes.ts';
import { preferenceRoutes } from './native/preference-routes.ts';
import { qualityRoutes } from './native/quality-routes.ts';
import { resultRoutes } from './native/result-routes.ts';
import { retryRoutes } from './native/retry-routes.ts';
import { routeRoutes } from './native/route-routes.ts';
import { spendRoutes } from './native/spend-routes.ts';
import { usageRoutes } from './native/usage-routes.ts';
import { webhookRoutes } from './native/webhook-routes.ts';
import { createRetirementWatch } from './retirement-watch.ts';

export interface ComposeInput {
  readonly env: ForebayEnv;
  readonly config: LiveConfig;
  readonly events: Events<ApiEventMap>;
  readonly secrets: ApiSecrets;
  /** For how long callers are remembered goes by it; the system's when absent. */
  readonly callersClock?: Clock | undefined;
}

/** What an API process cannot run without. */
export interface ApiSecrets {
  readonly keyPepper: string;
  readonly adminKey: string;
  /** Seals the secrets of webhook endpoints; the same as the workers'. */
  readonly webhookSecret: string;
  /** Without them no spend certificate is issued. */
  readonly signingKeys: SigningKeys | undefined;
}

export interface ApiParts {
  readonly publicApp: Express;
  readonly adminApp: Express;
  /** Every route of the public listener. */
  readonly routes: readonly Route[];
  /** Every route of operators on the admin listener. */
  readonly operatorRoutes: readonly AdminRoute[];
  readonly services: readonly Service[];
  readonly drain: Drain;
  /** Reads the configuration file again now. */
  reload(): Promise<unknown>;
  /** After the listeners and services have stopped. */
  close(): Promise<void>;
}

/** The store may be asked this long for one command; two fit the time of an answer. */
const commandTimeoutMs = 1_000;
const waiterSweepMs = 5_000;

export async function composeApi(input: ComposeInput): Promise<ApiParts> {
  const { env, config, events } = input;
  const clock = systemClock;
  // Large bodies and archived jobs, on the disk that all processes share.
  const objects = createDiskObjectStore(join(input.env.dataDir, 'objects'));
  const store = await openApiStore(input, objects);
  const catalog = (): Catalog => config.catalog;
  const live = createLiveView({
    ...store,
    catalog,
    clock,
    onError: (error) => events.emit('background.failed', { name: 'live-view', error }),
  });
  // Routing starts with figures, not with guesses.
  await live.refresh();
  const predictor = createQualityPredictor({ config, configPath: env.configPath, events });
  await predictor.reload();
  const waiters = createJobWaiters({
    ...store,
    clock,
    events,
    waitersPerKeyMax: limits.waitersPerKeyMax,
    sweepIntervalMs: waiterSweepMs,
  });
  const drain = createDrain();
  const callers = composeCallers(input, store);
  const appDeps: AppDeps = { ...callers, drain, clock, events };
  const health = healthRoutes({ pingStore: () => store.ping(), config, drain, clock });
  const native = composeNative({ input, store, objects, live, waiters, predictor });
  const routes = [...native.routes, ...health];
  const operators = composeOperators(input, store, native.actions);
  const metrics = createApiMetrics({ events, waiters, streams: native.streams, config });
  const reloader = createConfigReloader({
    path: env.configPath,
    env: env.lookup,
    config,
    clock,
    onOutcome: (outcome) => emitReload(events, outcome),
    onError: (error) => events.emit('background.failed', { name: 'config-reloader', error }),
  });
  const retirements = createRetirementWatch({
    config,
    clock,
    onNotice: (notice) => events.emit('model.retiring', { notice }),
  });
  return {
    publicApp: createPublicApp(appDeps, routes),
    adminApp: createAdminApp(appDeps, {
      ...operators.parts,
      table: [...health, ...metricsRoutes(metrics), ...operators.routes],
    }),
    routes,
    operatorRoutes: operators.routes,
    services: [
      ...[live, waiters, native.streams, callers.callers, predictor, reloader, retirements],
      ...operators.services,
    ],
    drain,
    reload: () => Promise.all([reloader.reload(), predictor.reload()]),
    async close() {
      metrics.close();
      await operators.close();
      await native.close();
      await store.close();
    },
  };
}

async function openApiStore({ env, events }: ComposeInput, objects: ObjectStore): Promise<Store> {
  const store = await openStore({
    connection: {
      url: env.redisUrl,
      name: 'api',
      commandTimeoutMs,
      whenAway: 'fail',
      onError: (error) => events.emit('background.failed', { name: 'redis', error }),
    },
    namespace: env.namespace,
    leaseMs: env.leaseMs,
    ticketCheckMs: env.ticketCheckMs,
    patienceMs: limits.storePatienceMs,
    archive: createSegmentArchive(objects),
  });
  // Before anybody can wait, so that no change is missed.
  await store.wakeUps.start('changes_and_deltas');
  return store;
}

interface NativeParts {
  readonly input: ComposeInput;
  readonly store: Store;
  readonly objects: ObjectStore;
  readonly live: LiveView;
  readonly waiters: JobWaiters;
  readonly predictor: QualityPredictor;
}

function composeNative({ input, store, objects, live, waiters, predictor }: NativeParts): {
  readonly routes: readonly Route[];
  readonly streams: JobEventStreams;
  /** What a caller can have done to a job, for operators who want it done to many. */
  readonly actions: ApplyActionDeps;
  close(): Promise<void>;
} {
  const { config, events } = input;
  const { jobs, lanes } = store;
  const clock = systemClock;
  const queue = openTicketQueues(input, store);
  const vault = createPayloadVault({ seal: createPlainSeal(), objects });
  const tickets = { lanes, queue, findModel: (name: string) => config.catalog.models.get(name) };
  const submit: SubmitJobDeps = {
    jobs,
    vault,
    live,
    events,
    ...openViews(input, store),
    catalog: () => config.catalog,
    turns: createRouteTurns(),
    defaults: () => config.defaults,
    tasks: () => config.tasks,
    predictor,
    idempotency: createIdempotencyLookup(store),
    tickets,
    refuseWebhookUrl: (url) => refuseWebhookUrl(input, url),
  };
  const streams = openStreams(input, store, vault);
  const jobBytesMax = largestBody(config.catalog);
  const read: ReadJobDeps = { jobs, lanes, vault, live, catalog: () => config.catalog };
  const acknowledge = { read, waiters, events, clock };
  const bounds = { lineBytesMax: jobBytesMax, atomicRoom: createAtomicRoom() };
  const bulk: BulkDeps = { ...submit, jobs, clock, ...bounds };
  const actions: ApplyActionDeps = {
    cancel: { jobs, lanes, events },
    change: { jobs, lanes, queue, tickets, events },
    retry: { ...submit, jobs, vault },
  };
  return {
    streams,
    actions,
    routes: [
      ...eventRoutes({ streams }),
      ...jobRoutes({ submit, cancel: actions.cancel, ...acknowledge, jobBytesMax }),
      ...retryRoutes({ retry: actions.retry, ...acknowledge }),
      ...changeRoutes({ change: actions.change, read, clock }),
      ...resultRoutes({ read, clock }),
      ...feedbackRoutes({ judge: { read, quality: store.quality }, clock }),
      ...qualityRoutes({ learned: { quality: store.quality, catalog: submit.catalog }, clock }),
      ...spendRoutes({ read, clock, keys: input.secrets.signingKeys }),
      ...deleteRoutes({ delete: { jobs, vault, events }, clock }),
      ...listRoutes({
        list: { jobs, cursors: createListCursors(input.secrets.keyPepper) },
        clock,
      }),
      ...bulkRoutes({ bulk, jobBytesMax }),
      ...composeWebhookRoutes(input, store),
      ...routeRoutes({ plan: submit, clock, jobBytesMax }),
      ...estimateRoutes({
        estimate: { ...submit, lineBytesMax: jobBytesMax },
        ...{ clock, jobBytesMax },
      }),
      ...modelRoutes({ catalog: () => config.catalog, live, clock }),
      ...composePreferenceRoutes(store, submit),
      ...composeUsageRoutes(input, { store, objects }),
    ],
    close: () => queue.close(),
  };
}

function composePreferenceRoutes(store: Store, submit: SubmitJobDeps): readonly Route[] {
  const { preferences: view, catalog } = submit;
  const preferences = { store: store.preferences, view, catalog };
  return preferenceRoutes({ preferences, clock: systemClock });
}

/** What one process remembers of tenants, their users and sessions. */
function openViews(
  { config, events }: ComposeInput,
  store: Store,
): Pick<SubmitJobDeps, 'brownout' | 'preferences' | 'quality' | 'sessions'> {
  const clock = systemClock;
  const failed = (name: string) => (error: unknown) =>
    events.emit('background.failed', { name, error });
  return {
    brownout: createBrownoutView({ ...store, clock, onError: failed('brownout') }),
    preferences: createPreferenceView({ ...store, clock }),
    quality: createQualityView({
      ...store,
      catalog: () => config.catalog,
      clock,
      onError: failed('quality'),
    }),
    sessions: createSessionPins({ ...store, clock, onError: failed('session-pins') }),
  };
}

function openTicketQueues({ env, events }: ComposeInput, { client }: Store): TicketQueue {
  return createTicketQueues({
    client,
    namespace: env.namespace,
    clock: systemClock,
    onError: (error) => events.emit('background.failed', { name: 'ticket-queues', error }),
  });
}

function openStreams({ events }: ComposeInput, store: Store, vault: PayloadVault): JobEventStreams {
  return createJobEventStreams({
    ...store,
    vault,
    clock: systemClock,
    events,
    streamsPerKeyMax: limits.eventStreamsPerKeyMax,
    sweepIntervalMs: waiterSweepMs,
  });
}

function composeUsageRoutes(
  { config }: ComposeInput,
  { store, objects }: Pick<NativeParts, 'store' | 'objects'>,
): readonly Route[] {
  return usageRoutes({
    rollups: {
      ledger: store.ledger,
      objects,
      metadataKeys: () => config.usage.metadataKeys,
      tagsOf: (model) => config.catalog.models.get(model)?.tags ?? [],
    },
    clock: systemClock,
  });
}

function composeWebhookRoutes(input: ComposeInput, { jobs, endpoints }: Store): readonly Route[] {
  return webhookRoutes({
    webhooks: {
      ...{ jobs, endpoints },
      seal: createSecretSeal(input.secrets.webhookSecret),
      refuseWebhookUrl: (url) => refuseWebhookUrl(input, url),
    },
    clock: systemClock,
    publicUrl: input.env.publicUrl ?? '',
  });
}

/** The worker judges the same URL by the same policy again before every send. */
function refuseWebhookUrl(input: ComposeInput, url: string): string | undefined {
  const checked = checkWebhookUrl(url, policyFromSettings(input));
  return checked.kind === 'refused' ? checked.reason : undefined;
}

/** Large bodies are let in only where a model could use their images. */
function largestBody(catalog: Catalog): number {
  const takesImages = [...catalog.models.values()].some(
    (model) => model.imageTokensMax !== undefined,
  );
  return takesImages ? limits.imageBodyBytesMax : limits.bodyBytesMax;
}
