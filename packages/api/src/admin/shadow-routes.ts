/** `/admin/v1/shadows/{route}`: how the newest shadows of a route compare with their jobs. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { TenantId } from '@forebay/shared/domain/ids';
import { isRecord, type JobRecord } from '@forebay/shared/domain/job';
import type { JsonObject } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';
import type { Catalog, Route } from '@forebay/shared/domain/model-catalog';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from '../http/answer-in-time.ts';
import type { AdminCall, ApiReply } from '../http/api-call.ts';
import type { AdminRoute } from '../http/route-table.ts';
import { operatorFacts } from './operator-facts.ts';
import { readWholeNumbers } from './read-whole-numbers.ts';
import { compareShadows } from './shadows/compare-shadows.ts';

export interface ShadowRoutesDeps {
  readonly jobs: Pick<JobStore, 'list' | 'readMany'>;
  readonly catalog: () => Catalog;
  readonly clock: Clock;
}

/** Shadows that one call looks at when it does not say, and at the most. */
const comparedDefault = 500;
const comparedMax = limits.listLooksMax;

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
  const { limit = comparedDefault } = readWholeNumbers(call.query, { limit: 1 });
  const route = deps.catalog().routes.get(call.params['route'] ?? '');
  if (route?.shadow === undefined) throw noShadow();
  const { tenant } = route.shadow;
  const records = await answerInTime(deps.clock, () =>
    readNewest(deps, tenant, Math.min(limit, comparedMax)),
  );
  return { status: 200, body: { ...viewRoute(route), ...compareShadows(records, route.name) } };
}

function viewRoute({ name, shadow }: Route): JsonObject {
  return {
    ...{ object: 'shadow_comparison', route: name, model: shadow?.model ?? null },
    ...{ percent: shadow?.percent ?? null, tenant: shadow?.tenant ?? null },
  };
}

/** The newest jobs of the tenant, in pages, so that no step holds the store up. */
async function readNewest(
  { jobs }: ShadowRoutesDeps,
  tenant: TenantId,
  limit: number,
): Promise<readonly JobRecord[]> {
  const all = { batchId: undefined, states: [], model: undefined, createdFromMs: undefined };
  const query = { tenant, ...all, createdBeforeMs: undefined, after: undefined, limit };
  const { ids } = await jobs.list(query);
  const records: JobRecord[] = [];
  for (let start = 0; start < ids.length; start += limits.listPageMax) {
    const page = ids.slice(start, start + limits.listPageMax).map((id) => ({ tenant, id }));
    records.push(...(await jobs.readMany(page)).filter(isRecord));
  }
  return records;
}

function noShadow(): ForebayError {
  return new ForebayError('not_found', 'No route of this name has a shadow in the configuration.');
}
