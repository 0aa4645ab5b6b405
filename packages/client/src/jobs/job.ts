/** The job object of the API. A member without a value is `null`. Money is decimal US dollars. */
import { ForebayApiError } from '../api-error.ts';
import { isObject } from '../json.ts';
import type { JobKind } from './job-request.ts';
import type { RouteMove, RoutePlan } from './route-plan.ts';

export type JobStatus =
  | 'scheduled'
  | 'queued'
  | 'running'
  | 'cancelling'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'expired';

export interface Usage {
  readonly input_tokens: number;
  readonly cached_input_tokens: number;
  readonly cache_write_tokens: number;
  readonly output_tokens: number;
  readonly reasoning_tokens: number;
  readonly total_tokens: number;
}

export interface JobAttempt {
  readonly id: string;
  readonly n: number;
  readonly model: string;
  readonly deployment: string;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly outcome: string | null;
  readonly ambiguity: string | null;
  readonly error: Readonly<Record<string, unknown>> | null;
  readonly usage: Usage | null;
  readonly cost: {
    readonly reserved: string;
    readonly charged: string | null;
    readonly basis: string | null;
    /** The price row that the attempt is charged by: its name, its day and its version. */
    readonly price: string | null;
    readonly currency: string;
  };
  readonly why_chosen: string;
  readonly provider_request_id: string | null;
  readonly wasted: boolean;
}

export interface JobExpectation {
  /** `null` while nobody can say. */
  readonly start_at: string | null;
  readonly finish_at: string | null;
  readonly model: string;
  readonly cost_usd: string | null;
}

export interface Job {
  readonly id: string;
  readonly object: 'job';
  readonly kind: JobKind;
  readonly status: JobStatus;
  readonly status_reason: { readonly code: string; readonly text: string };
  /** Grows with every change. */
  readonly version: number;
  readonly created_at: string;
  readonly run_at: string | null;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly cancel_requested_at: string | null;
  readonly deadline_at: string;
  readonly priority: number;
  readonly queue_position: number | null;
  /** When it will probably begin and end; `null` when it does not wait. */
  readonly expected?: JobExpectation | null;
  readonly requested_model: string;
  readonly model: string;
  readonly route: RoutePlan;
  /** The plans that it has left, oldest first; absent from older APIs. */
  readonly moves?: readonly RouteMove[];
  /** How it was moved because it waited too long; `null` for most jobs. */
  readonly promotion?: {
    readonly from: string;
    readonly to: string;
    /** What it will probably cost more there; below zero where it costs less. */
    readonly premium_usd: string;
    /** About how much longer it would have waited; `null` where nobody could say. */
    readonly saved_seconds: number | null;
    readonly at: string;
  } | null;
  readonly attempts: readonly JobAttempt[];
  readonly cost: {
    readonly ceiling: string;
    readonly reserved: string;
    readonly spent: string;
    readonly unknown: string;
    readonly currency: string;
  };
  readonly output_cap: { readonly tokens: number; readonly source: string } | null;
  readonly usage: Usage | null;
  /** The provider's whole answer; large ones are behind `result_url` instead. */
  readonly result: unknown;
  readonly result_url?: string | null;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly class: string | null;
  } | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly user: string | null;
  /** Public id of the API key that submitted it; `null` on jobs of earlier versions. */
  readonly key_id: string | null;
  readonly batch_id: string | null;
  readonly custom_id: string | null;
  /** The job that this one repeats. */
  readonly retry_of?: string | null;
}

const ends: readonly string[] = ['succeeded', 'failed', 'cancelled', 'expired'];

/** Whether nothing about the job can change any more. */
export function hasEnded(job: { readonly status: string }): boolean {
  return ends.includes(job.status);
}

/**
 * Reads a body as a job. Tolerant on purpose: a newer API may say more, and says no less.
 *
 * @throws ForebayApiError `unexpected_answer` when it is something else.
 */
export function readJob(body: unknown): Job {
  const isJob = isObject(body) && typeof body['id'] === 'string' && 'status' in body;
  // What makes it a job was looked at; the other members are the API's contract.
  if (isJob) return body as unknown as Job;
  throw new ForebayApiError('The answer is not a job. Is baseUrl that of Forebay?', {
    status: 200,
    code: 'unexpected_answer',
    isRetryable: false,
  });
}
