/** An open store in a namespace of its own, and the smallest jobs and catalogs that tests need. */
import { createSegmentArchive } from '@forebay/shared/archive/segment-archive';
import { bearerAuth } from '@forebay/shared/domain/dialects';
import { newJobId, parseTenantId, type TenantId } from '@forebay/shared/domain/ids';
import type { JobSpec } from '@forebay/shared/domain/job';
import type { Deployment } from '@forebay/shared/domain/model-catalog';
import type { RouteCandidate, RoutePlan } from '@forebay/shared/domain/route-plan';
import type { JobArchive } from '@forebay/shared/ports/job-archive';
import type { AttemptSettlement, NewJob } from '@forebay/shared/ports/job-store';
import { openStore, type Store } from '@forebay/shared/redis/open-store';
import { createDiskObjectStore } from '@forebay/shared/storage/disk-object-store';
import { onTestFinished } from 'vitest';
import { freshNamespace } from './redis.ts';
import { samplePriceRow } from './sample-catalog.ts';

export interface TestStore extends Store {
  readonly namespace: string;
  /** Moves the store's clock; the server's own stays as it is. */
  advance(byMs: number): void;
}

export interface TestStoreOptions {
  readonly namespace?: string;
  readonly leaseMs?: number;
  readonly ticketCheckMs?: number;
  readonly commandTimeoutMs?: number;
  /** Where archived jobs lie; without it they cannot be read. */
  readonly objectsDir?: string;
}

/** Opens a store and closes it when the test is over. */
export async function useStore(url: string, options: TestStoreOptions = {}): Promise<TestStore> {
  const store = await openTestStore(url, options);
  onTestFinished(() => store.close());
  return store;
}

/** Opens a store that the caller closes. */
export async function openTestStore(
  url: string,
  options: TestStoreOptions = {},
): Promise<TestStore> {
  const namespace = options.namespace ?? freshNamespace();
  let offsetMs = 0;
  const store = await openStore({
    connection: {
      url,
      name: 'test',
      commandTimeoutMs: options.commandTimeoutMs ?? 10_000,
      whenAway: 'wait',
      onError: () => {
        // Tests cut connections on purpose; what matters shows in the commands' results.
      },
    },
    namespace,
    leaseMs: options.leaseMs ?? 15_000,
    ticketCheckMs: options.ticketCheckMs ?? 10_000,
    ...(options.objectsDir === undefined ? {} : { archive: archiveIn(options.objectsDir) }),
    testClock: { offsetMs: () => offsetMs },
  });
  return {
    ...store,
    namespace,
    advance(byMs) {
      offsetMs += byMs;
    },
  };
}

/** The archive on a folder of objects, as the processes have it. */
export function archiveIn(objectsDir: string): JobArchive {
  return createSegmentArchive(createDiskObjectStore(objectsDir));
}

export function tenantNamed(name: string): TenantId {
  const tenant = parseTenantId(name);
  if (tenant === undefined) throw new Error(`${name} is no tenant name`);
  return tenant;
}

export const testTenant = tenantNamed('dev');

export function candidateFor(model: string, reservation: bigint): RouteCandidate {
  return {
    model,
    reservationNanoUsd: reservation.toString(),
    expectedNanoUsd: (reservation / 2n).toString(),
    reservedTokens: 100,
    outputCapTokens: 50,
    outputCapSource: 'default',
    expectedMs: undefined,
    score: 0,
    reason: 'the only one',
  };
}

export function planFor(...candidates: RouteCandidate[]): RoutePlan {
  return {
    requested: candidates[0]?.model ?? 'none',
    strategy: 'listed',
    candidates,
    exclusions: [],
    catalogVersion: 'test',
    plannedAtMs: 0,
  };
}

export const plainSpec: JobSpec = {
  kind: 'chat.completions',
  requested: 'alpha',
  models: [],
  features: {
    kind: 'chat.completions',
    inputTokensBound: 50,
    inputTokensEstimate: 20,
    imageCount: 0,
    outputTokensRequested: undefined,
    choices: 1,
    needs: [],
  },
  metadata: {},
  user: undefined,
  customId: undefined,
  riskRetries: 1,
  fallbackOnFilter: false,
  webhook: undefined,
};

/** A job for model `alpha` that reserves 400 of its ceiling of 1000 nano-dollars. */
export function newJob(changes: Partial<NewJob> = {}): NewJob {
  return {
    id: newJobId(),
    tenant: testTenant,
    spec: plainSpec,
    plan: planFor(candidateFor('alpha', 400n)),
    model: 'alpha',
    whyChosen: 'the only one',
    priority: 5,
    deadlineAtMs: Date.now() + 3_600_000,
    runAtMs: undefined,
    ceiling: 1_000n,
    reservation: 400n,
    sealedPayload: Buffer.from('sealed'),
    idempotency: undefined,
    ...changes,
  };
}

export function deploymentOf(model: string, changes: Partial<Deployment> = {}): Deployment {
  return {
    id: `${model}/main`,
    provider: {
      name: 'p',
      dialect: 'openai',
      baseUrl: 'http://127.0.0.1:1',
      paths: {},
      auth: bearerAuth,
      apiKeyEnv: undefined,
      headers: {},
    },
    upstreamModel: model,
    concurrency: 4,
    rpm: undefined,
    rpmBurst: 1,
    tpm: undefined,
    weight: 1,
    order: 0,
    stream: true,
    outputCapField: 'max_tokens',
    price: samplePriceRow({ input: 1_000_000n, output: 2_000_000n }),
    ...changes,
  };
}

/** An attempt that was answered and cost this much. */
export function answeredFor(fence: number, cost: bigint): AttemptSettlement {
  return {
    fence,
    end: {
      outcome: 'succeeded',
      ambiguity: 'answered',
      error: undefined,
      usage: { inputTokens: 1, cachedInputTokens: 0, outputTokens: 1, reasoningTokens: 0 },
      costNanoUsd: cost,
      costIs: 'exact',
      providerRequestId: 'req_1',
      counted: true,
    },
  };
}

/** An attempt of which nobody knows what it cost: charged at its worst case. */
export function lostFor(fence: number, worst: bigint): AttemptSettlement {
  return {
    fence,
    end: {
      outcome: 'lost_lease',
      ambiguity: 'unknown',
      error: undefined,
      usage: undefined,
      costNanoUsd: worst,
      costIs: 'worst_case',
      providerRequestId: undefined,
      counted: true,
    },
  };
}
