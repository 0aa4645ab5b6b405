/** `/admin/v1/models/{model}/deployments/{deployment}/breaker`: breakers by hand. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { Catalog, Deployment, Model } from '@forebay/shared/domain/model-catalog';
import type { LaneStore } from '@forebay/shared/ports/lane-store';
import type { AdminCall, ApiReply } from '../http/api-call.ts';
import type { AdminRoute } from '../http/route-table.ts';
import { type AuditedDeps, audited } from './audited.ts';
import { operatorFacts, takes } from './operator-facts.ts';
import { parseBreakerRequest } from './parse-breaker-request.ts';
import { viewDeployment } from './view-model.ts';

export interface BreakerRoutesDeps extends AuditedDeps {
  readonly catalog: () => Catalog;
  readonly lanes: Pick<LaneStore, 'live' | 'setBreaker'>;
}

export function breakerRoutes(deps: BreakerRoutesDeps): readonly AdminRoute[] {
  return [
    {
      ...operatorFacts,
      ...takes('Breaker'),
      ...{ method: 'POST', scope: 'operate', audit: 'write' },
      path: '/admin/v1/models/:model/deployments/:deployment/breaker',
      summary: 'Open the breaker of a deployment, or close it',
      handle: (call) => postBreaker(deps, call),
    },
  ];
}

async function postBreaker(deps: BreakerRoutesDeps, call: AdminCall): Promise<ApiReply> {
  const { state, forMs, why } = parseBreakerRequest(call.body);
  const { model, deployment } = requireDeployment(deps.catalog(), call);
  if (deployment.breaker === undefined) {
    throw new ForebayError(
      'invalid_request',
      `The breaker of ${model.name} is off. Set models.${model.name}.breaker in the ` +
        `configuration, or hold the whole model with pause.`,
    );
  }
  const body = await audited(deps, call, {
    action: 'breaker.set',
    target: `model:${model.name}/deployment:${deployment.id}`,
    async change() {
      const by = call.operator.actor;
      const before = await deps.lanes.setBreaker(model.name, { deployment, state, forMs, by, why });
      const value = await readDeployment(deps, model, deployment);
      const after = { state, for_ms: forMs, why: why ?? null };
      return { value, before: { state: before }, after };
    },
  });
  return { status: 200, body };
}

async function readDeployment(
  { lanes }: BreakerRoutesDeps,
  { name }: Model,
  deployment: Deployment,
): Promise<JsonObject> {
  const { deployments = [] } = await lanes.live(name, [deployment]);
  return { object: 'operated_deployment', model: name, ...deployments.map(viewDeployment)[0] };
}

/** By its whole id, or by the part behind the model's name. */
function requireDeployment(
  { models }: Catalog,
  { params }: AdminCall,
): { readonly model: Model; readonly deployment: Deployment } {
  const model = models.get(params['model'] ?? '');
  const named = params['deployment'] ?? '';
  const deployment = model?.deployments.find(
    ({ id }) => id === named || id === `${model.name}/${named}`,
  );
  if (model !== undefined && deployment !== undefined) return { model, deployment };
  throw new ForebayError('not_found', 'There is no such model or deployment in the configuration.');
}
