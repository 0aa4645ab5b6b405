/** Lists of jobs, page by page or as one sequence. */
import { ForebayApiError } from '../api-error.ts';
import type { CallOptions } from '../http/api-call.ts';
import type { ApiCaller } from '../http/api-caller.ts';
import { isObject, textOr } from '../json.ts';
import { type Job, type JobStatus, readJob } from './job.ts';

export interface JobFilter {
  readonly status?: JobStatus | undefined;
  readonly model?: string | undefined;
  /** The id of a bulk submission. */
  readonly batch?: string | undefined;
  /** RFC 3339. */
  readonly created_after?: string | undefined;
  readonly created_before?: string | undefined;
  /** Jobs per page. */
  readonly limit?: number | undefined;
}

export interface JobPage {
  /** Newest first. */
  readonly jobs: readonly Job[];
  /** Give it as `after` for the following page; `undefined` after the last one. */
  readonly next: string | undefined;
}

export interface PageOptions extends CallOptions {
  readonly after?: string | undefined;
}

/** One page. @throws ForebayApiError. */
export async function listPage(
  caller: ApiCaller,
  filter: JobFilter,
  options: PageOptions,
): Promise<JobPage> {
  const { body } = await caller.call({
    method: 'GET',
    path: '/v1/jobs',
    query: { ...filter, after: options.after },
    repeat: 'always',
    signal: options.signal,
  });
  if (!isObject(body) || !Array.isArray(body['data'])) {
    throw new ForebayApiError('The answer is not a list of jobs.', {
      status: 200,
      code: 'unexpected_answer',
      isRetryable: false,
    });
  }
  const next = body['has_more'] === true ? textOr(body['next'], undefined) : undefined;
  return { jobs: body['data'].map(readJob), next };
}

/** All pages, each fetched when it is needed. */
export async function* listJobs(
  caller: ApiCaller,
  filter: JobFilter,
  options: CallOptions,
): AsyncGenerator<Job, void, undefined> {
  let after: string | undefined;
  do {
    const page = await listPage(caller, filter, { ...options, after });
    yield* page.jobs;
    after = page.next;
  } while (after !== undefined);
}
