/** `/admin/v1/shadows/{route}`: how the newest shadows of a route compare with their jobs. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JsonObject } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';
import type { Catalog, Route } from '@forebay/shared/domain/model-catalog';
import type { AdminCall, ApiReply } from '../http/api-call.ts';
import type { AdminRoute } from '../http/route-table.ts';
import { operatorFacts } from './operator-facts.ts';
import { readWholeNumbers } from './read-whole-numbers.ts';
import { compareShadows } from './shadows/compare-shadows.ts';
import { type FindShadowsDeps, findShadows } from './shadows/find-shadows.ts';

export interface ShadowRoutesDeps extends FindShadowsDeps {
  readonly catalog: () => Catalog;
}

/** Shadows that one call compares when it does not say. */
const comparedDefault = 500;

export function shadowRoutes(deps: ShadowRoutesDeps): readonly AdminRoute[] {
  return [
    {
      ...operatorFacts,
      ...{ method: 'GET', path: '/admin/v1/shadows/:route', scope: 'any', audit: 'read' },
      summary: 'Compare the newest shadows of a route with their jobs',
      handle: (call) => getComparison(deps, call),
    },
  ];
}

async function getComparison(deps: ShadowRoutesDeps, call: AdminCall): Promise<ApiReply> {
  const most = { limit: limits.shadowsComparedMax };
  const { limit = comparedDefault } = readWholeNumbers(call.query, { limit: 1 }, most);
  const route = deps.catalog().routes.get(call.params['route'] ?? '');
  if (route?.shadow === undefined) throw noShadow();
  const search = { tenant: route.shadow.tenant, route: route.name, limit };
  const { records, lookedAt } = await findShadows(deps, search);
  const compared = compareShadows(records, route.name);
  return { status: 200, body: { ...viewRoute(route), looked_at: lookedAt, ...compared } };
}

function viewRoute({ name, shadow }: Route): JsonObject {
  return {
    ...{ object: 'shadow_comparison', route: name, model: shadow?.model ?? null },
    ...{ percent: shadow?.percent ?? null, tenant: shadow?.tenant ?? null },
  };
}

function noShadow(): ForebayError {
  return new ForebayError('not_found', 'No route of this name has a shadow in the configuration.');
}
