/** `/v1/jobs/{id}/result`: the provider's answer by itself, also one too large for the job. */
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from '../http/answer-in-time.ts';
import type { ApiReply, AuthenticatedCall } from '../http/api-call.ts';
import { type KeyedRoute, plainLimits } from '../http/route-table.ts';
import { readAnswerText } from '../intake/read-answer.ts';
import { type ReadJobDeps, readRecord, requireJobId } from '../intake/read-job.ts';

export interface ResultRoutesDeps {
  readonly read: ReadJobDeps;
  readonly clock: Clock;
}

export function resultRoutes(deps: ResultRoutesDeps): readonly KeyedRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/jobs/:id/result',
      summary: "Read a job's answer by itself",
      scope: 'jobs:read',
      limits: plainLimits,
      audit: 'read',
      requestSchema: 'none',
      handle: (call) => getResult(deps, call),
    },
  ];
}

async function getResult(deps: ResultRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const id = requireJobId(call.params['id'] ?? '');
  return answerInTime(deps.clock, async () => {
    const record = await readRecord(deps.read, call.caller.tenant, id);
    return { status: 200, text: await readAnswerText(deps.read, record) };
  });
}
