/**
 * The port to the text of running answers: a bounded stream per job, for jobs that asked for it.
 * It is a window onto the answer and never the answer itself, which `settle` writes whole.
 */
import type { DeltaMarks } from '../domain/job.ts';
import type { JobRef } from './job-store.ts';

export interface DeltaBatch extends JobRef {
  /** The attempt's own; any other one is refused, so that a stale worker shows nothing. */
  readonly fence: number;
  /** 1, 2, … within the attempt; a batch that is sent again is written once. */
  readonly batch: number;
  /** One event each, in order. */
  readonly pieces: readonly Uint8Array[];
  /** Nothing of the answer's text is missing up to the end of this batch, and none follows. */
  readonly isLast: boolean;
}

export interface DeltaRead extends JobRef {
  /** The version that the reader knows; deltas are numbered within versions. */
  readonly version: number;
  readonly afterId: number;
  readonly limit: number;
}

export interface StoredDelta {
  /** The event's id. */
  readonly id: number;
  /** Which attempt wrote it. */
  readonly attempt: number;
  readonly sealed: Uint8Array;
}

export type DeltasFound =
  | {
      readonly kind: 'read';
      readonly marks: DeltaMarks;
      readonly deltas: readonly StoredDelta[];
    }
  /** The job has another version by now: read the record first. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'missing' };

export interface DeltaStore {
  /** `refused` when the attempt does not run any more, or has used up its ids. */
  append(batch: DeltaBatch): Promise<'appended' | 'refused'>;
  /** Marks and deltas as they stood at one moment, at which the job had the known version. */
  read(request: DeltaRead): Promise<DeltasFound>;
}
