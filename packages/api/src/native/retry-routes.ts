/** `POST /v1/jobs/{id}/retry`: a new job for one that has ended without an answer. */

import { limits } from '@forebay/shared/domain/limits';
import type { ApiReply, AuthenticatedCall } from '../http/api-call.ts';
import type { KeyedRoute } from '../http/route-table.ts';
import { readIdempotencyKey } from '../intake/idempotency.ts';
import { requireJobId } from '../intake/read-job.ts';
import { type RetryJobDeps, retryJob } from '../intake/retry-job.ts';
import { type AcknowledgeDeps, acknowledgeJob } from './acknowledge-job.ts';

export interface RetryRoutesDeps extends AcknowledgeDeps {
  readonly retry: RetryJobDeps;
}

/** A list of models with long names is by far the largest that can be asked for. */
const retryBytesMax = 16 * 1024;

export function retryRoutes(deps: RetryRoutesDeps): readonly KeyedRoute[] {
  return [
    {
      method: 'POST',
      path: '/v1/jobs/:id/retry',
      summary: 'Try a job again that has ended without an answer',
      scope: 'jobs:write',
      limits: { bodyBytesMax: retryBytesMax, waitSecondsMax: limits.longPollMaxSeconds },
      audit: 'write',
      requestSchema: 'JobRetry',
      bodyIsOptional: true,
      handle: (call) => postRetry(deps, call),
    },
  ];
}

async function postRetry(deps: RetryRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const id = requireJobId(call.params['id'] ?? '');
  const { tenant, keyId, payerKeyId, grants } = call.caller;
  const idempotencyKey = readIdempotencyKey(call.headers('idempotency-key'));
  const { method, pathTemplate, headers, body } = call;
  const order = {
    tenant,
    keyId,
    payerKeyId,
    grants,
    headers,
    id,
    body,
    idempotencyKey,
    method,
    pathTemplate,
  };
  return acknowledgeJob(deps, call, () => retryJob(deps.retry, order));
}
