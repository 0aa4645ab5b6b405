/** What can be changed about a job that has not ended, and what a retry can do otherwise. */
import type { AnswerValidation, PriorityClass, RoutingWishes } from './job-request.ts';

/** Which job is to be changed, and at which version it was seen. */
export interface JobToChange {
  readonly id: string;
  readonly version?: number | undefined;
}

export interface JobChange {
  readonly priority?: number | PriorityClass;
  /** RFC 3339; not together with `timeout_seconds`. */
  readonly deadline_at?: string;
  /** From the start of a scheduled job, else from now. */
  readonly timeout_seconds?: number;
  /** The ceiling, decimal US dollars. */
  readonly max_cost_usd?: string | number;
}

export interface RetryChanges extends JobChange {
  /** One model or route; not together with `models`. */
  readonly model?: string;
  /** In the order in which they are to be tried. */
  readonly models?: readonly string[];
  /** In place of all that the first job asked of its routing. */
  readonly routing?: RoutingWishes;
  readonly validation?: AnswerValidation;
}
