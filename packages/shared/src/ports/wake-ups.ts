/**
 * The port to notifications of changed jobs. They are hints: a listener re-reads the record, and
 * sweeps what it waits for now and then, because a notification can be lost.
 */
import type { JobId } from '../domain/ids.ts';
import type { JobState } from '../domain/job-state.ts';

export interface JobChange {
  readonly id: JobId;
  readonly version: number;
  readonly state: JobState;
}

export interface WakeUpListener {
  onChange(change: JobChange): void;
  /** The running answer of a job has grown; told only to who follows deltas. */
  onDelta?(id: JobId): void;
  /** The connection was away: anything may have been missed. */
  onReconnect(): void;
}

/**
 * `changes`: each change of each job. `orders`: only what a worker must act on, which is a wish
 * about a running job (to cancel it, other terms) and an end whose event waits to be delivered.
 */
export type Followed = 'changes' | 'changes_and_deltas' | 'orders';

export interface WakeUps {
  /** Resolves once the subscription stands, so that a read after it misses nothing. */
  start(follow: Followed): Promise<void>;
  listen(listener: WakeUpListener): () => void;
  close(): Promise<void>;
}
