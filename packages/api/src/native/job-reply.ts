/** A job as a reply: its object, its ETag, and when it is worth asking again. */
import type { JobRecord } from '@forebay/shared/domain/job';
import { isTerminal } from '@forebay/shared/domain/job-state';
import type { ApiReply } from '../http/api-call.ts';
import { presentJob, type ReadJobDeps } from '../intake/read-job.ts';
import { etagOf } from './etag.ts';

export interface JobReply extends ApiReply {
  readonly headers: Readonly<Record<string, string>>;
}

export async function replyWithJob(
  deps: ReadJobDeps,
  record: JobRecord,
  status: number,
): Promise<JobReply> {
  const body = await presentJob(deps, record);
  return { status, headers: jobHeaders(record), body };
}

/** What every reply about a job carries, 304 included. */
export function jobHeaders(record: JobRecord): Record<string, string> {
  const seconds = retryAfterSeconds(record);
  return {
    ETag: etagOf(record.version),
    ...(seconds === undefined ? {} : { 'Retry-After': String(seconds) }),
  };
}

/** A hint for pollers; long-polling and webhooks are better. */
function retryAfterSeconds(record: JobRecord): number | undefined {
  if (isTerminal(record.state)) return undefined;
  return record.state === 'scheduled' ? 30 : 1;
}
