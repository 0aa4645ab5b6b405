/** `/v1/models`: configured models and routes, as an OpenAI list. */
import type { Json } from '@forebay/shared/domain/json';
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import type { ApiReply } from '../http/api-call.ts';
import { type KeyedRoute, plainLimits } from '../http/route-table.ts';

export interface ModelRoutesDeps {
  readonly catalog: () => Catalog;
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
      handle: async (call) => listModels(deps.catalog(), call.caller.grants.models),
    },
  ];
}

/** @param allowed what the key may name; `undefined` for all. */
function listModels(catalog: Catalog, allowed: readonly string[] | undefined): ApiReply {
  const isShown = ({ name }: { readonly name: string }): boolean =>
    allowed === undefined || allowed.includes(name);
  const models = [...catalog.models.values()].filter(isShown).map((model) => ({
    ...entry(model.name),
    kinds: model.kinds,
    capabilities: model.capabilities,
    context_window: model.contextWindowTokens,
    max_output_tokens: model.maxOutputTokens,
  }));
  const routes = [...catalog.routes.values()].filter(isShown).map((route) => ({
    ...entry(route.name),
    strategy: route.strategy,
    targets: route.targets.map((target) => target.model),
  }));
  return { status: 200, body: { object: 'list', data: [...models, ...routes] } };
}

/** The OpenAI clients want a time of creation; a configured name has none. */
function entry(id: string): Record<string, Json> {
  return { id, object: 'model', created: 0, owned_by: 'forebay' };
}
