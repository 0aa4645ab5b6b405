/** Lines of a bulk submission, and what comes back for them. */
import type { ApiErrorDetail } from '../api-error.ts';
import type { CallOptions } from '../http/api-call.ts';
import type { JobRequest } from '../jobs/job-request.ts';

/**
 * A job, or the text of one as JSON without a line break. A text that is no JSON is sent as it is:
 * the API rejects it by its number. Blank texts make no job, and are counted as lines.
 */
export type BulkLine = JobRequest | string;

export interface BulkOptions extends CallOptions {
  /** What becomes of the rest when a line is wrong; `reject_line` when not given. */
  readonly onError?: 'reject_line' | 'abort' | 'atomic';
  /** What all jobs may cost together, in US dollars, such as `"25"`. */
  readonly maxCostUsd?: string;
  /**
   * Names the batch. The same lines under the same key make no second job, also days later and
   * from another process; one is made when none is given.
   */
  readonly idempotencyKey?: string;
  /** Told the id of the batch as soon as the API names it, and again after each resend. */
  readonly onBatch?: (batchId: string) => void;
  /** Told about each resend after a broken connection. */
  readonly onResend?: (unansweredLines: number) => void;
}

export interface BulkReply {
  readonly kind: 'line';
  /** From 1, over all lines that were given, blank ones included. */
  readonly line: number;
  /** `duplicate`: the same line was accepted before, under this id. */
  readonly status: 'accepted' | 'duplicate' | 'rejected';
  readonly customId: string | undefined;
  /** The job; `undefined` for a rejected line. */
  readonly id: string | undefined;
  readonly error: BulkError | undefined;
}

export interface BulkError {
  readonly code: string;
  readonly detail: string;
  readonly param: string | undefined;
  readonly errors: readonly ApiErrorDetail[];
}

export interface BulkSummary {
  readonly kind: 'summary';
  readonly batchId: string;
  /** `aborted`: a wrong line ended the submission, see `onError`, or `error` says what did. */
  readonly outcome: 'completed' | 'aborted';
  /** Answered lines, over all connections that it took. */
  readonly lines: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  /** Why the API took no more lines, such as a key that ended meanwhile. */
  readonly error: BulkError | undefined;
}

/** Replies in the order of the lines, then one summary. */
export type BulkItem = BulkReply | BulkSummary;
