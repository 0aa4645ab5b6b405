/** `DELETE /v1/jobs/{id}`: forget a job that has ended. */
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from '../http/answer-in-time.ts';
import type { ApiReply, AuthenticatedCall } from '../http/api-call.ts';
import { type KeyedRoute, plainLimits } from '../http/route-table.ts';
import { type DeleteJobDeps, deleteJob } from '../intake/delete-job.ts';
import { requireJobId } from '../intake/read-job.ts';

export interface DeleteRoutesDeps {
  readonly delete: DeleteJobDeps;
  readonly clock: Clock;
}

export function deleteRoutes(deps: DeleteRoutesDeps): readonly KeyedRoute[] {
  return [
    {
      method: 'DELETE',
      path: '/v1/jobs/:id',
      summary: 'Delete a job that has ended',
      scope: 'jobs:write',
      limits: plainLimits,
      audit: 'write',
      requestSchema: 'none',
      handle: (call) => removeJob(deps, call),
    },
  ];
}

async function removeJob(deps: DeleteRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const id = requireJobId(call.params['id'] ?? '');
  await answerInTime(deps.clock, () => deleteJob(deps.delete, call.caller.tenant, id));
  return { status: 204 };
}
