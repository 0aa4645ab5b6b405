/** `GET /v1/quality`: what was learned of models from people and from answers. */
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from '../http/answer-in-time.ts';
import type { ApiReply, AuthenticatedCall } from '../http/api-call.ts';
import { type KeyedRoute, plainLimits } from '../http/route-table.ts';
import { type ListQualityDeps, listQuality } from '../intake/list-quality.ts';
import { refuseUnknown } from '../intake/usage/parse-usage-query.ts';

export interface QualityRoutesDeps {
  readonly learned: ListQualityDeps;
  readonly clock: Clock;
}

export function qualityRoutes(deps: QualityRoutesDeps): readonly KeyedRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/quality',
      summary: 'What was learned of models',
      scope: 'usage:read',
      limits: plainLimits,
      audit: 'read',
      requestSchema: 'none',
      handle: (call) => getQuality(deps, call),
    },
  ];
}

async function getQuality(
  { learned, clock }: QualityRoutesDeps,
  { query, caller }: AuthenticatedCall,
): Promise<ApiReply> {
  refuseUnknown(query, ['user']);
  const user = query.get('user') ?? undefined;
  const data = await answerInTime(clock, () => listQuality(learned, caller.tenant, user));
  return { status: 200, body: { object: 'list', data } };
}
