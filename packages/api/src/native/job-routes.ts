/** `/v1/jobs`: submit, read and cancel jobs. */
import { limits } from '@forebay/shared/domain/limits';
import { answerInTime } from '../http/answer-in-time.ts';
import type { ApiReply, AuthenticatedCall } from '../http/api-call.ts';
import { refusalIn } from '../http/refusal.ts';
import { type KeyedRoute, plainLimits } from '../http/route-table.ts';
import { type CancelJobDeps, cancelJob } from '../intake/cancel-job.ts';
import { readIdempotencyKey } from '../intake/idempotency.ts';
import { readRecord, requireJobId } from '../intake/read-job.ts';
import { type SubmitJobDeps, submitJob } from '../intake/submit-job.ts';
import { type AcknowledgeDeps, acknowledgeJob } from './acknowledge-job.ts';
import { knownVersion } from './etag.ts';
import { jobHeaders, replyWithJob } from './job-reply.ts';
import { waitFromQuery } from './wait-preference.ts';

export interface JobRoutesDeps extends AcknowledgeDeps {
  readonly submit: SubmitJobDeps;
  readonly cancel: CancelJobDeps;
  /** The largest body that a job may have under the present configuration. */
  readonly jobBytesMax: number;
}

export function jobRoutes(deps: JobRoutesDeps): readonly KeyedRoute[] {
  const waitSecondsMax = limits.longPollMaxSeconds;
  return [
    {
      method: 'POST',
      path: '/v1/jobs',
      summary: 'Submit a job',
      scope: 'jobs:write',
      limits: { bodyBytesMax: deps.jobBytesMax, waitSecondsMax },
      audit: 'write',
      requestSchema: 'JobRequest',
      handle: (call) => postJob(deps, call),
    },
    {
      method: 'GET',
      path: '/v1/jobs/:id',
      summary: 'Read a job, or wait for it',
      scope: 'jobs:read',
      limits: { bodyBytesMax: 0, waitSecondsMax },
      audit: 'read',
      requestSchema: 'none',
      handle: (call) => getJob(deps, call),
    },
    {
      method: 'POST',
      path: '/v1/jobs/:id/cancel',
      summary: 'Cancel a job',
      scope: 'jobs:cancel',
      limits: plainLimits,
      audit: 'write',
      requestSchema: 'none',
      handle: (call) => postCancel(deps, call),
    },
  ];
}

async function postJob(deps: JobRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const { tenant, keyId, payerKeyId, grants } = call.caller;
  const idempotencyKey = readIdempotencyKey(call.headers('idempotency-key'));
  const { method, pathTemplate, headers, body: envelope, bodyBytes: envelopeBytes } = call;
  const submission = {
    ...{ tenant, keyId, payerKeyId, grants, headers, envelope, envelopeBytes },
    ...{ idempotencyKey, method, pathTemplate },
  };
  return acknowledgeJob(deps, call, () => submitJob(deps.submit, submission));
}

async function getJob(deps: JobRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const id = requireJobId(call.params['id'] ?? '');
  const { tenant, keyId } = call.caller;
  const waitSeconds = waitFromQuery(call.query);
  const known = knownVersion(call.headers('if-none-match'));
  const record =
    waitSeconds === 0
      ? await answerInTime(deps.clock, () => readRecord(deps.read, tenant, id))
      : await deps.waiters.waitForJob({
          tenant,
          id,
          keyId,
          knownVersion: known,
          timeoutMs: waitSeconds * 1000,
          signal: call.signal,
        });
  const refusal = refusalIn(call.signal);
  if (refusal !== undefined) throw refusal;
  if (record.version === known) return { status: 304, headers: jobHeaders(record) };
  return answerInTime(deps.clock, () => replyWithJob(deps.read, record, 200));
}

async function postCancel(deps: JobRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const id = requireJobId(call.params['id'] ?? '');
  return answerInTime(deps.clock, async () => {
    const record = await cancelJob(deps.cancel, call.caller.tenant, id);
    return replyWithJob(deps.read, record, 200);
  });
}
