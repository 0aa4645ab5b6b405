/** `/healthz` (the process lives) and `/readyz` (it can take work), the same on both listeners. */
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from './answer-in-time.ts';
import type { ApiReply } from './api-call.ts';
import type { Drain } from './drain.ts';
import { type OpenRoute, plainLimits } from './route-table.ts';

export interface HealthDeps {
  readonly pingStore: () => Promise<boolean>;
  /** What is served now; a reload changes its values. */
  readonly config: {
    readonly version: string;
    readonly loadedAtMs: number;
    readonly catalog: { readonly version: string };
  };
  readonly drain: Pick<Drain, 'draining'>;
  readonly clock: Clock;
}

export function healthRoutes(deps: HealthDeps): readonly OpenRoute[] {
  const facts = {
    method: 'GET',
    scope: 'open',
    limits: plainLimits,
    audit: 'none',
    requestSchema: 'none',
  } as const;
  return [
    {
      ...facts,
      path: '/healthz',
      summary: 'Whether the process lives',
      handle: async () => ({ status: 200, body: { status: 'ok' } }),
    },
    {
      ...facts,
      path: '/readyz',
      summary: 'Whether the process can take work',
      handle: () => readiness(deps),
    },
  ];
}

async function readiness(deps: HealthDeps): Promise<ApiReply> {
  const store = await storeAnswers(deps);
  const draining = deps.drain.draining;
  const isReady = store && !draining;
  return {
    status: isReady ? 200 : 503,
    body: {
      status: isReady ? 'ready' : 'not_ready',
      store: store ? 'ok' : 'unreachable',
      draining,
      catalog_version: deps.config.catalog.version,
      config: {
        version: deps.config.version,
        loaded_at: new Date(deps.config.loadedAtMs).toISOString(),
      },
    },
  };
}

async function storeAnswers(deps: HealthDeps): Promise<boolean> {
  try {
    return await answerInTime(deps.clock, deps.pingStore);
  } catch {
    // The answer to the question is "no".
    return false;
  }
}
