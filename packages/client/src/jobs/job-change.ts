/** What can be changed about a job that has not ended. */
import type { PriorityClass } from './job-request.ts';

export interface JobChange {
  readonly priority?: number | PriorityClass;
  /** RFC 3339. */
  readonly deadline_at?: string;
  /** The ceiling, decimal US dollars. */
  readonly max_cost_usd?: string | number;
}
