/** What the event feed of a job says. */
import type { CallOptions } from '../http/api-call.ts';

export interface JobEvent {
  /** Rises with each event of the job. */
  readonly id: string;
  /**
   * `job.queued`, `job.running`, …, the job's end; `job.delta` for a piece of an answer that is
   * shown while it is written; `job.gap` where some pieces cannot be shown.
   */
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EventOptions extends CallOptions {
  /** Only events after this id; all of them when not given. */
  readonly startingAfter?: string | undefined;
}
