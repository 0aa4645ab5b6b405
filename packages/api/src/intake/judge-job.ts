/** Takes what somebody says of a job's answer: kept with it, counted for its model and task. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JobId, TenantId } from '@forebay/shared/domain/ids';
import type { JobRecord } from '@forebay/shared/domain/job';
import { isTerminal } from '@forebay/shared/domain/job-state';
import { limits } from '@forebay/shared/domain/limits';
import type { Judgement, QualityStore } from '@forebay/shared/ports/quality-store';
import type { FeedbackRequest } from './parse-feedback-request.ts';
import { noSuchJob, type ReadJobDeps, readRecord } from './read-job.ts';

export interface JudgeJobDeps {
  readonly read: ReadJobDeps;
  readonly quality: Pick<QualityStore, 'judge'>;
}

export interface Feedback extends Judgement {
  readonly atMs: number;
}

/** @throws ForebayError `not_found`, `job_not_ended`, `no_result`, `too_much_feedback`. */
export async function judgeJob(
  deps: JudgeJobDeps,
  { tenant, id }: { readonly tenant: TenantId; readonly id: JobId },
  { score, comment, user }: FeedbackRequest,
): Promise<Feedback> {
  const record = await readRecord(deps.read, tenant, id);
  requireAnswer(record);
  const { spec, model } = record;
  const judgement: Judgement = {
    ...{ tenant, id, score, comment, model },
    user: user ?? spec.user,
    task: spec.features.task?.class,
  };
  const result = await deps.quality.judge(judgement);
  if (result.kind === 'missing') throw noSuchJob();
  if (result.kind === 'full') {
    const max = limits.judgementsPerJobMax;
    const detail = `${max} users have judged this job, which is as many as are kept for one.`;
    throw new ForebayError('too_much_feedback', detail);
  }
  return { ...judgement, atMs: result.atMs };
}

function requireAnswer({ state }: JobRecord): void {
  if (state === 'succeeded') return;
  if (!isTerminal(state)) {
    throw new ForebayError('job_not_ended', `The job is ${state}. Judge it when it has ended.`);
  }
  throw new ForebayError('no_result', `The job is ${state}: it has no answer to judge.`);
}
