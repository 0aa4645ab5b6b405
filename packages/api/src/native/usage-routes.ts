/** `GET /v1/usage` and `GET /v1/analytics`: what a tenant used and what it cost, summed up. */
import type { RollupReaderDeps } from '@forebay/shared/ledger/read-rollups';
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from '../http/answer-in-time.ts';
import type { ApiReply, AuthenticatedCall } from '../http/api-call.ts';
import { type KeyedRoute, plainLimits } from '../http/route-table.ts';
import { parseAnalyticsQuery } from '../intake/usage/parse-analytics-query.ts';
import { parseUsageQuery } from '../intake/usage/parse-usage-query.ts';
import { readAnalytics } from '../intake/usage/read-analytics.ts';
import { readUsage, usageCsv, usageJson } from '../intake/usage/read-usage.ts';

export interface UsageRoutesDeps {
  readonly rollups: RollupReaderDeps;
  readonly clock: Clock;
}

export function usageRoutes(deps: UsageRoutesDeps): readonly KeyedRoute[] {
  const facts = {
    method: 'GET',
    scope: 'usage:read',
    limits: plainLimits,
    audit: 'read',
    requestSchema: 'none',
  } as const;
  return [
    {
      ...facts,
      path: '/v1/usage',
      summary: 'Sum up usage and cost',
      handle: (call) => getUsage(deps, call),
    },
    {
      ...facts,
      path: '/v1/analytics',
      summary: 'Latency, errors, fallbacks, promotions and savings over time',
      handle: (call) => getAnalytics(deps, call),
    },
  ];
}

async function getUsage(deps: UsageRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const request = parseUsageQuery(call.query, {
    metadataKeys: deps.rollups.metadataKeys(),
    nowMs: deps.clock.nowMs(),
    accept: call.headers('accept'),
  });
  const { tenant } = call.caller;
  const page = await answerInTime(deps.clock, () => readUsage(deps.rollups, tenant, request));
  if (!request.isCsv) return { status: 200, body: usageJson(page) };
  return {
    status: 200,
    headers: {
      'Content-Type': 'text/csv; charset=utf-8',
      ...(page.next === undefined ? {} : { 'Forebay-Next': page.next }),
    },
    text: usageCsv(page),
  };
}

async function getAnalytics(deps: UsageRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const request = parseAnalyticsQuery(call.query, deps.clock.nowMs());
  const { tenant } = call.caller;
  const body = await answerInTime(deps.clock, () => readAnalytics(deps.rollups, tenant, request));
  return { status: 200, body };
}
