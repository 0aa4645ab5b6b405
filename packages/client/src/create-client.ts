/** The client: one method per thing that the API does for a caller. */

import { type AnalyticsFilter, type AnalyticsReport, readAnalytics } from './analytics-report.ts';
import type { BulkItem, BulkLine, BulkOptions } from './bulk/bulk-item.ts';
import { submitBulk } from './bulk/submit-bulk.ts';
import { type ClientOptions, resolveOptions } from './client-options.ts';
import type { Estimate, EstimateItem, EstimateOptions } from './estimate/estimate.ts';
import { estimateLines } from './estimate/estimate-lines.ts';
import { followEvents } from './events/follow-events.ts';
import type { EventOptions, JobEvent } from './events/job-event.ts';
import type { ApiCall, CallOptions } from './http/api-call.ts';
import { type ApiCaller, createApiCaller } from './http/api-caller.ts';
import type { Feedback, JobFeedback } from './jobs/feedback.ts';
import { type Job, readJob } from './jobs/job.ts';
import type { JobChange, JobToChange, RetryChanges } from './jobs/job-change.ts';
import type { JobRequest } from './jobs/job-request.ts';
import {
  type JobFilter,
  type JobPage,
  listJobs,
  listPage,
  type PageOptions,
} from './jobs/list-jobs.ts';
import type { RoutePlanReply } from './jobs/route-plan.ts';
import { type WaitOptions, waitForJob } from './jobs/wait-for-job.ts';
import { isObject } from './json.ts';
import { type LearnedQuality, readQuality } from './learned-quality.ts';
import type { ModelEntry } from './model-entry.ts';
import {
  readCertificate,
  readSpendKeys,
  type SpendCertificate,
  type SpendKey,
} from './spend/spend-certificate.ts';
import { readUsage, type UsageFilter, type UsageReport } from './usage-report.ts';
import { type WebhookMethods, webhookMethods } from './webhooks/webhook-methods.ts';

export interface SubmitOptions extends CallOptions {
  /**
   * The same key finds the same job, from any process. One is made when none is given, so that
   * the tries of one call make one job.
   */
  readonly idempotencyKey?: string | undefined;
}

export interface RetryOptions extends SubmitOptions {
  /** What the new job is to do otherwise; the rest is as it was. */
  readonly changes?: RetryChanges | undefined;
}

/** Every method throws `ForebayApiError`, or the reason of its signal. */
export interface ForebayClient {
  /** Makes a job; resolves once the API has stored it. */
  submit(request: JobRequest, options?: SubmitOptions): Promise<Job>;
  /**
   * Makes many jobs in one request. Replies come in the order of the lines while more lines
   * leave; the last item is the summary. A broken connection is resumed.
   */
  bulk(
    lines: AsyncIterable<BulkLine> | Iterable<BulkLine>,
    options?: BulkOptions,
  ): AsyncIterable<BulkItem>;
  get(id: string, options?: CallOptions): Promise<Job>;
  /** All jobs that fit, newest first; pages are fetched as they are needed. */
  list(filter?: JobFilter, options?: CallOptions): AsyncIterable<Job>;
  listPage(filter?: JobFilter, options?: PageOptions): Promise<JobPage>;
  /** Resolves with the job once it has ended, or as it stands when the time is over. */
  wait(id: string, options?: WaitOptions): Promise<Job>;
  /** Every event of the job once and in order, up to its end; broken connections are resumed. */
  events(id: string, options?: EventOptions): AsyncIterable<JobEvent>;
  /** Harmless to repeat. The job may be `cancelling` for a moment if it runs. */
  cancel(id: string, options?: CallOptions): Promise<Job>;
  /**
   * Changes a job that is still at that version, otherwise fails with `version_mismatch`; without a
   * version it changes whatever stands.
   */
  change(job: JobToChange, change: JobChange, options?: CallOptions): Promise<Job>;
  /** Makes a new job from one that has ended without an answer. */
  retry(id: string, options?: RetryOptions): Promise<Job>;
  /** Says how good its answer was; a later word of the same user replaces the earlier. */
  feedback(id: string, feedback: Feedback, options?: CallOptions): Promise<JobFeedback>;
  /** Forgets a job that has ended. */
  delete(id: string, options?: CallOptions): Promise<void>;
  /** The provider's answer, also one that is too large to stand in the job. */
  result(id: string, options?: CallOptions): Promise<unknown>;
  /** What the job has cost so far, attempt by attempt, signed. */
  spend(id: string, options?: CallOptions): Promise<SpendCertificate>;
  /** The keys that verify spend certificates; keep them as long as the certificates. */
  spendKeys(options?: CallOptions): Promise<readonly SpendKey[]>;
  /** Where the job would go and what it would cost, without making it. */
  route(request: JobRequest, options?: CallOptions): Promise<RoutePlanReply>;
  /** What the job would cost on each model that could take it; nothing is called or stored. */
  estimate(request: JobRequest, options?: CallOptions): Promise<Estimate>;
  /** The same for many jobs in one request: lines in their order, then a summary. */
  estimateLines(
    lines: AsyncIterable<BulkLine> | Iterable<BulkLine>,
    options?: EstimateOptions,
  ): AsyncIterable<EstimateItem>;
  models(options?: CallOptions): Promise<readonly ModelEntry[]>;
  /** The tenant's registered webhook endpoints. */
  readonly webhooks: WebhookMethods;
  /** Jobs, tokens and cost, summed up: one page of groups. */
  usage(filter?: UsageFilter, options?: CallOptions): Promise<UsageReport>;
  /** Latencies, errors, moves, answers and savings over time. */
  analytics(filter?: AnalyticsFilter, options?: CallOptions): Promise<AnalyticsReport>;
  /** What was learned of models. @param user whose jobs are planned by it; none: the tenant's. */
  quality(user?: string, options?: CallOptions): Promise<readonly LearnedQuality[]>;
}

/** @throws TypeError naming the option that is wrong. */
export function createForebayClient(options: ClientOptions): ForebayClient {
  const caller = createApiCaller(resolveOptions(options));
  return {
    ...jobMethods(caller),
    webhooks: webhookMethods(caller),
    bulk: (lines, bulkOptions = {}) => submitBulk(caller, lines, bulkOptions),
    list: (filter = {}, call = {}) => listJobs(caller, filter, call),
    listPage: (filter = {}, call = {}) => listPage(caller, filter, call),
    wait: (id, waitOptions = {}) => waitForJob(caller, id, waitOptions),
    events: (id, eventOptions = {}) => followEvents(caller, id, eventOptions),
    usage: (filter = {}, call = {}) => readUsage(caller, filter, call),
    analytics: (filter = {}, call = {}) => readAnalytics(caller, filter, call),
    quality: (user, call = {}) => readQuality(caller, user, call),
    async route(request, { signal } = {}) {
      const call = { method: 'POST', path: '/v1/route', body: request, repeat: 'always' } as const;
      const { body } = await caller.call({ ...call, signal });
      // The contract of the route; a plan that is not one fails where it is read.
      return body as RoutePlanReply;
    },
    async estimate(request, { signal } = {}) {
      const call = { method: 'POST', path: '/v1/estimate', body: request } as const;
      const { body } = await caller.call({ ...call, repeat: 'always', signal });
      // The contract of the route; an estimate that is none fails where it is read.
      return body as Estimate;
    },
    estimateLines: (lines, estimateOptions = {}) => estimateLines(caller, lines, estimateOptions),
    async spendKeys({ signal } = {}) {
      return readSpendKeys((await caller.call({ ...read('/v1/spend-keys'), signal })).body);
    },
    async models({ signal } = {}) {
      const { body } = await caller.call({ ...read('/v1/models'), signal });
      const data = isObject(body) ? body['data'] : undefined;
      // An OpenAI list, whose entries are models and routes.
      return Array.isArray(data) ? (data as readonly ModelEntry[]) : [];
    },
  };
}

type JobMethod =
  | 'submit'
  | 'get'
  | 'cancel'
  | 'change'
  | 'retry'
  | 'delete'
  | 'result'
  | 'spend'
  | 'feedback';

/** One request each. */
function jobMethods(caller: ApiCaller): Pick<ForebayClient, JobMethod> {
  const job = async (call: ApiCall): Promise<Job> => readJob((await caller.call(call)).body);
  return {
    submit: (request, options = {}) =>
      job({
        method: 'POST',
        path: '/v1/jobs',
        body: request,
        headers: keyHeader(options),
        repeat: 'always',
        signal: options.signal,
      }),
    get: (id, { signal } = {}) => job({ ...read(pathOf(id)), signal }),
    cancel: (id, { signal } = {}) =>
      job({ method: 'POST', path: `${pathOf(id)}/cancel`, repeat: 'always', signal }),
    change: ({ id, version }, change, { signal } = {}) =>
      job({
        method: 'PATCH',
        path: pathOf(id),
        body: change,
        headers: { 'if-match': version === undefined ? '*' : `"${version}"` },
        // The API answers the same change of the same version like the first time.
        repeat: 'always',
        signal,
      }),
    retry: (id, options = {}) =>
      job({
        method: 'POST',
        path: `${pathOf(id)}/retry`,
        body: options.changes,
        headers: keyHeader(options),
        repeat: 'always',
        signal: options.signal,
      }),
    async delete(id, { signal } = {}) {
      await caller.call({ method: 'DELETE', path: pathOf(id), repeat: 'when_refused', signal });
    },
    async feedback(id, feedback, { signal } = {}) {
      const path = `${pathOf(id)}/feedback`;
      // The same words of the same user count once.
      const call = { method: 'POST', path, body: feedback, repeat: 'always', signal } as const;
      // Written by this client's own server; its parts are checked there.
      return (await caller.call(call)).body as JobFeedback;
    },
    async result(id, { signal } = {}) {
      return (await caller.call({ ...read(`${pathOf(id)}/result`), signal })).body;
    },
    async spend(id, { signal } = {}) {
      return readCertificate((await caller.call({ ...read(`${pathOf(id)}/spend`), signal })).body);
    },
  };
}

function read(path: string): ApiCall {
  return { method: 'GET', path, repeat: 'always' };
}

function pathOf(id: string): string {
  return `/v1/jobs/${encodeURIComponent(id)}`;
}

/** Made once per call and so the same in all its tries. */
function keyHeader({ idempotencyKey }: SubmitOptions): Readonly<Record<string, string>> {
  return { 'idempotency-key': idempotencyKey ?? crypto.randomUUID() };
}
