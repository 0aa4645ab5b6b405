/** `/v1/models`: configured models and routes, as an OpenAI list. */
import type { Json } from '@forebay/shared/domain/json';
import type { DeploymentLive } from '@forebay/shared/domain/live-figures';
import type { Catalog, Model } from '@forebay/shared/domain/model-catalog';
import type { ModelLive } from '@forebay/shared/domain/route-plan';
import type { LiveView } from '@forebay/shared/live/live-view';
import { resolveAlias } from '@forebay/shared/routing/resolve-alias';
import { lifeOf } from '@forebay/shared/routing/retirements';
import type { Clock } from '@forebay/shared/runtime/clock';
import type { ApiReply } from '../http/api-call.ts';
import { type KeyedRoute, plainLimits } from '../http/route-table.ts';

export interface ModelRoutesDeps {
  readonly catalog: () => Catalog;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly live: Pick<LiveView, 'snapshot'>;
}

export function modelRoutes(deps: ModelRoutesDeps): readonly KeyedRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/models',
      summary: 'List models and routes',
      scope: 'jobs:read',
      limits: plainLimits,
      audit: 'none',
      requestSchema: 'none',
      handle: async (call) => listModels(deps, call.caller.grants.models),
    },
  ];
}

/** @param allowed what the key may name; `undefined` for all. */
function listModels(deps: ModelRoutesDeps, allowed: readonly string[] | undefined): ApiReply {
  const catalog = deps.catalog();
  const nowMs = deps.clock.nowMs();
  const live = deps.live.snapshot().models;
  const isShown = ({ name }: { readonly name: string }): boolean =>
    allowed === undefined || allowed.includes(name);
  const models = [...catalog.models.values()].filter(isShown).map((model) => ({
    ...entry(model.name),
    kinds: model.kinds,
    capabilities: model.capabilities,
    context_window: model.contextWindowTokens,
    max_output_tokens: model.maxOutputTokens,
    ...lifeMembers(model, nowMs),
    health: healthOf(live.get(model.name)),
  }));
  const routes = [...catalog.routes.values()].filter(isShown).map((route) => ({
    ...entry(route.name),
    strategy: route.strategy,
    targets: route.targets.map((target) => target.model),
  }));
  const aliases = [...catalog.aliases.values()].filter(isShown).map(({ name }) => ({
    ...entry(name),
    alias_of: resolveAlias(catalog, name, nowMs),
  }));
  return { status: 200, body: { object: 'list', data: [...models, ...routes, ...aliases] } };
}

/** Of models that retire one day. */
function lifeMembers(model: Model, nowMs: number): Record<string, Json> {
  const { retiresAtMs, replacedBy } = model;
  if (retiresAtMs === undefined) return {};
  return {
    life: lifeOf(model, nowMs),
    retires_at: new Date(retiresAtMs).toISOString(),
    replaced_by: replacedBy ?? null,
  };
}

/**
 * What a caller can know before a job: `down` takes no calls now, `degraded` fewer than usual.
 * Only of the deployments; whose fault it is and for how long, operators see.
 */
function healthOf(live: ModelLive | undefined): 'ok' | 'degraded' | 'down' | 'unknown' {
  const deployments = live?.deployments ?? [];
  if (deployments.length === 0) return 'unknown';
  const isOut = ({ breaker, stopped }: DeploymentLive): boolean => stopped || breaker === 'open';
  if (deployments.every(isOut)) return 'down';
  const isWell = deployments.every((each) => !each.stopped && each.breaker === 'closed');
  return isWell ? 'ok' : 'degraded';
}

/** The OpenAI clients want a time of creation; a configured name has none. */
function entry(id: string): Record<string, Json> {
  return { id, object: 'model', created: 0, owned_by: 'forebay' };
}
