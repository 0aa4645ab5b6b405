/** `/admin/v1/models`: how the lanes of the models stand, and holding them. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { CallFigures, DeploymentLive } from '@forebay/shared/domain/live-figures';
import type { Catalog, Model } from '@forebay/shared/domain/model-catalog';
import type { LaneHold, ModelLive } from '@forebay/shared/domain/route-plan';
import type { LaneStore } from '@forebay/shared/ports/lane-store';
import { answerInTime } from '../http/answer-in-time.ts';
import type { AdminCall, ApiReply } from '../http/api-call.ts';
import type { AdminRoute } from '../http/route-table.ts';
import { type AuditedDeps, audited } from './audited.ts';
import { operatorFacts } from './operator-facts.ts';

export interface ModelRoutesDeps extends AuditedDeps {
  readonly catalog: () => Catalog;
  readonly lanes: Pick<LaneStore, 'live' | 'hold'>;
}

const path = '/admin/v1/models';

const holds = [
  ['pause', 'paused', 'Let a model start no calls; its jobs wait'],
  ['drain', 'draining', 'Let a model start no calls; jobs that others can take leave it'],
  ['resume', undefined, 'Let a model start calls again'],
] as const;

export function operatedModelRoutes(deps: ModelRoutesDeps): readonly AdminRoute[] {
  return [
    {
      ...operatorFacts,
      ...{ method: 'GET', path, scope: 'any', audit: 'read' },
      summary: 'List the models and how their lanes stand',
      handle: () => listModels(deps),
    },
    ...holds.map(
      ([verb, hold, summary]): AdminRoute => ({
        ...operatorFacts,
        ...{ method: 'POST', path: `${path}/:model/${verb}`, scope: 'operate', audit: 'write' },
        summary,
        handle: (call) => holdModel(deps, call, { verb, hold }),
      }),
    ),
  ];
}

async function listModels(deps: ModelRoutesDeps): Promise<ApiReply> {
  const models = [...deps.catalog().models.values()];
  const data = await answerInTime(deps.clock, () =>
    Promise.all(models.map((model) => readModel(deps, model))),
  );
  return { status: 200, body: { object: 'list', data } };
}

async function holdModel(
  deps: ModelRoutesDeps,
  call: AdminCall,
  { verb, hold }: { readonly verb: string; readonly hold: LaneHold | undefined },
): Promise<ApiReply> {
  const model = deps.catalog().models.get(call.params['model'] ?? '');
  if (model === undefined) throw noSuchModel();
  const body = await audited(deps, call, {
    action: `model.${verb}`,
    target: `model:${model.name}`,
    async change() {
      const before = await deps.lanes.hold(model.name, hold);
      const value = await readModel(deps, model);
      return { value, before: { status: before ?? 'open' }, after: { status: hold ?? 'open' } };
    },
  });
  return { status: 200, body };
}

async function readModel({ lanes }: ModelRoutesDeps, model: Model): Promise<JsonObject> {
  return viewModel(model, await lanes.live(model.name, model.deployments));
}

function viewModel({ name }: Model, live: ModelLive): JsonObject {
  return {
    ...{ id: name, object: 'operated_model', status: live.held ?? 'open' },
    ...{ waiting: live.waiting, running: live.running, concurrency: live.concurrency },
    ...{ has_workers: live.poolAlive, stopped: live.stopped },
    paused_until: timeOrNull(live.pausedUntilMs),
    waiting_by_class: { ...live.waitingByClass },
    oldest_wait_ms: { ...live.oldestWaitMs },
    answers_per_second: live.answersPerSecond ?? null,
    ...viewCalls(live),
    deployments: (live.deployments ?? []).map(viewDeployment),
  };
}

function viewDeployment(deployment: DeploymentLive): JsonObject {
  const { id, running, concurrency, stopped, breaker } = deployment;
  const isClosed = breaker === 'closed';
  return {
    ...{ id, running, concurrency, stopped, paused_until: timeOrNull(deployment.pausedUntilMs) },
    breaker: {
      state: breaker,
      reason: isClosed ? null : (deployment.breakerReason ?? null),
      since: isClosed ? null : timeOrNull(deployment.breakerSinceMs ?? 0),
      open_until: timeOrNull(deployment.openUntilMs),
    },
    ...viewCalls(deployment),
  };
}

/** Of the newest calls; null before the first one. */
function viewCalls({ latency, errorRate, errors }: CallFigures): JsonObject {
  return {
    error_rate: errorRate ?? null,
    errors: { ...errors },
    latency:
      latency === undefined
        ? null
        : {
            samples: latency.samples,
            first_byte_ms: latency.firstByteMs === undefined ? null : { ...latency.firstByteMs },
            total_ms: { ...latency.totalMs },
            per_output_token_ms:
              latency.perOutputTokenMs === undefined ? null : { ...latency.perOutputTokenMs },
          },
  };
}

function timeOrNull(atMs: number): string | null {
  return atMs === 0 ? null : new Date(atMs).toISOString();
}

function noSuchModel(): ForebayError {
  return new ForebayError('not_found', 'There is no such model in the configuration.');
}
