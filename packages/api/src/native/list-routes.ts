/** `GET /v1/jobs`: a tenant's jobs, newest first. */
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from '../http/answer-in-time.ts';
import type { ApiReply, AuthenticatedCall } from '../http/api-call.ts';
import { type KeyedRoute, plainLimits } from '../http/route-table.ts';
import { viewJob } from '../intake/job-view.ts';
import { type ListJobsDeps, listJobs } from '../intake/list-jobs.ts';
import { parseListQuery } from '../intake/parse-list-query.ts';

export interface ListRoutesDeps {
  readonly list: ListJobsDeps;
  readonly clock: Clock;
}

export function listRoutes(deps: ListRoutesDeps): readonly KeyedRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/jobs',
      summary: 'List jobs, newest first',
      scope: 'jobs:read',
      limits: plainLimits,
      audit: 'read',
      requestSchema: 'none',
      handle: (call) => getJobs(deps, call),
    },
  ];
}

async function getJobs(deps: ListRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const request = parseListQuery(call.query);
  const { tenant } = call.caller;
  const { records, next } = await answerInTime(deps.clock, () =>
    listJobs(deps.list, tenant, request),
  );
  return {
    status: 200,
    body: {
      object: 'list',
      // Answers and places in the queue would each be one more look into the store, and without
      // the place no start is worth telling.
      data: records.map((record) =>
        viewJob(record, { queuePosition: undefined, expected: undefined, answer: undefined }),
      ),
      has_more: next !== undefined,
      next: next ?? null,
    },
  };
}
