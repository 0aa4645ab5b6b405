/** Answers a call that makes a job: 202 with the job, or 200 if the caller waited for its end. */
import type { JobRecord } from '@forebay/shared/domain/job';
import { isTerminal } from '@forebay/shared/domain/job-state';
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from '../http/answer-in-time.ts';
import type { ApiReply, AuthenticatedCall } from '../http/api-call.ts';
import { expectJob } from '../intake/expect-job.ts';
import type { IntakeEvents } from '../intake/intake-events.ts';
import { viewJob } from '../intake/job-view.ts';
import type { ReadJobDeps } from '../intake/read-job.ts';
import type { Submitted } from '../intake/submit-job.ts';
import type { JobWaiters } from '../intake/wait-for-job.ts';
import { type JobReply, jobHeaders, replyWithJob } from './job-reply.ts';
import { waitFromPrefer } from './wait-preference.ts';

export interface AcknowledgeDeps {
  readonly read: ReadJobDeps;
  readonly waiters: Pick<JobWaiters, 'waitForJob'>;
  readonly events: IntakeEvents;
  readonly clock: Clock;
}

/** @param take makes the job, or finds the one that the key has made before. */
export async function acknowledgeJob(
  deps: AcknowledgeDeps,
  call: AuthenticatedCall,
  take: () => Promise<Submitted>,
): Promise<ApiReply> {
  const startedMs = deps.clock.monotonicMs();
  const { record, replayed } = await answerInTime(deps.clock, take);
  const durationMs = deps.clock.monotonicMs() - startedMs;
  deps.events.emit('job.acknowledged', { durationMs });
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
  deps: AcknowledgeDeps,
  { record, latest, replayed }: { record: JobRecord; latest: JobRecord; replayed: boolean },
): Promise<JobReply> {
  try {
    const status = isTerminal(latest.state) ? 200 : 202;
    return await answerInTime(deps.clock, () => replyWithJob(deps.read, latest, status));
  } catch (error) {
    if (replayed) throw error;
    // Going on is safe: the record as admitted is true, only less is shown with it.
    const expected = expectJob(deps.read, record, undefined);
    const body = viewJob(record, { queuePosition: undefined, expected, answer: undefined });
    return { status: 202, headers: jobHeaders(record), body };
  }
}

/** The job is acknowledged: from here on nothing may turn its 202 into an error. */
async function waitForEnd(
  deps: AcknowledgeDeps,
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
