/** `/v1/jobs`: submit, read and cancel jobs. */
import type { JobRecord } from '@forebay/shared/domain/job';
import { isTerminal } from '@forebay/shared/domain/job-state';
import { limits } from '@forebay/shared/domain/limits';
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from '../http/answer-in-time.ts';
import type { ApiReply, AuthenticatedCall } from '../http/api-call.ts';
import { type KeyedRoute, plainLimits } from '../http/route-table.ts';
import { type CancelJobDeps, cancelJob } from '../intake/cancel-job.ts';
import { readIdempotencyKey } from '../intake/idempotency.ts';
import { viewJob } from '../intake/job-view.ts';
import { type ReadJobDeps, readRecord, requireJobId } from '../intake/read-job.ts';
import { type SubmitJobDeps, submitJob } from '../intake/submit-job.ts';
import type { JobWaiters } from '../intake/wait-for-job.ts';
import { knownVersion } from './etag.ts';
import { type JobReply, jobHeaders, replyWithJob } from './job-reply.ts';
import { waitFromPrefer, waitFromQuery } from './wait-preference.ts';

export interface JobRoutesDeps {
  readonly submit: SubmitJobDeps;
  readonly read: ReadJobDeps;
  readonly cancel: CancelJobDeps;
  readonly waiters: Pick<JobWaiters, 'waitForJob'>;
  readonly clock: Clock;
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
  const { tenant } = call.caller;
  const idempotencyKey = readIdempotencyKey(call.headers('idempotency-key'));
  const { method, pathTemplate, body: envelope, bodyBytes: envelopeBytes } = call;
  const submission = { tenant, envelope, envelopeBytes, idempotencyKey, method, pathTemplate };
  const startedMs = deps.clock.monotonicMs();
  const { record, replayed } = await answerInTime(deps.clock, () =>
    submitJob(deps.submit, submission),
  );
  const durationMs = deps.clock.monotonicMs() - startedMs;
  deps.submit.events.emit('job.acknowledged', { durationMs });
  const waitSeconds = waitFromPrefer(call.headers('prefer'));
  const latest = waitSeconds ? await waitForEnd(deps, call, { record, waitSeconds }) : record;
  const reply = await acknowledge(deps, { record, latest, replayed });
  return {
    ...reply,
    headers: {
      ...reply.headers,
      Location: `/v1/jobs/${record.id}`,
      ...(replayed ? { 'Idempotent-Replayed': 'true' } : {}),
      ...(waitSeconds === undefined ? {} : { 'Preference-Applied': `wait=${waitSeconds}` }),
    },
  };
}

/**
 * A job that was just admitted is acknowledged even when its queue position or its answer cannot
 * be read any more; a replayed one can as well be asked for again.
 */
async function acknowledge(
  deps: JobRoutesDeps,
  { record, latest, replayed }: { record: JobRecord; latest: JobRecord; replayed: boolean },
): Promise<JobReply> {
  try {
    const status = isTerminal(latest.state) ? 200 : 202;
    return await answerInTime(deps.clock, () => replyWithJob(deps.read, latest, status));
  } catch (error) {
    if (replayed) throw error;
    // Going on is safe: the record as admitted is true, only less is shown with it.
    const body = viewJob(record, { queuePosition: undefined, result: undefined });
    return { status: 202, headers: jobHeaders(record), body };
  }
}

/** The job is acknowledged: from here on nothing may turn its 202 into an error. */
async function waitForEnd(
  deps: JobRoutesDeps,
  call: AuthenticatedCall,
  { record, waitSeconds }: { readonly record: JobRecord; readonly waitSeconds: number },
): Promise<JobRecord> {
  try {
    return await deps.waiters.waitForJob({
      tenant: record.tenant,
      id: record.id,
      keyId: call.caller.keyId,
      knownVersion: undefined,
      timeoutMs: waitSeconds * 1000,
      signal: call.signal,
    });
  } catch {
    // Going on is safe: the record that was just written is the honest answer without the wait.
    return record;
  }
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
