/** `/admin/v1/models`: how the lanes of the models stand, and holding them. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { Catalog, Model } from '@forebay/shared/domain/model-catalog';
import type { LaneHold } from '@forebay/shared/domain/route-plan';
import type { LaneStore } from '@forebay/shared/ports/lane-store';
import { answerInTime } from '../http/answer-in-time.ts';
import type { AdminCall, ApiReply } from '../http/api-call.ts';
import type { AdminRoute } from '../http/route-table.ts';
import { type AuditedDeps, audited } from './audited.ts';
import { operatorFacts } from './operator-facts.ts';
import { viewModel } from './view-model.ts';

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

function noSuchModel(): ForebayError {
  return new ForebayError('not_found', 'There is no such model in the configuration.');
}
