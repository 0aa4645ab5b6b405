/** `PATCH /v1/jobs/{id}`: another priority, deadline or ceiling for a job that has not ended. */
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from '../http/answer-in-time.ts';
import type { ApiReply, AuthenticatedCall } from '../http/api-call.ts';
import type { KeyedRoute } from '../http/route-table.ts';
import { type ChangeJobDeps, changeJob } from '../intake/change-job.ts';
import { type ReadJobDeps, requireJobId } from '../intake/read-job.ts';
import { requiredVersion } from './etag.ts';
import { replyWithJob } from './job-reply.ts';

export interface ChangeRoutesDeps {
  readonly change: ChangeJobDeps;
  readonly read: ReadJobDeps;
  readonly clock: Clock;
}

/** The largest change by far: every field, each with its longest value. */
const changeBytesMax = 4_096;

export function changeRoutes(deps: ChangeRoutesDeps): readonly KeyedRoute[] {
  return [
    {
      method: 'PATCH',
      path: '/v1/jobs/:id',
      summary: 'Change priority, deadline or ceiling of a job that has not ended',
      scope: 'jobs:write',
      limits: { bodyBytesMax: changeBytesMax, waitSecondsMax: 0 },
      audit: 'write',
      requestSchema: 'JobChange',
      handle: (call) => patchJob(deps, call),
    },
  ];
}

async function patchJob(deps: ChangeRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const id = requireJobId(call.params['id'] ?? '');
  const required = requiredVersion(call.headers('if-match'));
  const version = required === 'any' ? undefined : required;
  const { tenant, grants } = call.caller;
  return answerInTime(deps.clock, async () => {
    const order = { tenant, grants, id, version, body: call.body };
    const record = await changeJob(deps.change, order);
    return replyWithJob(deps.read, record, 200);
  });
}
