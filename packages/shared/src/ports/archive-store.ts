/** The port by which ended jobs leave the store's memory for the archive. */
import type { ArchivedJob, ArchivePlace } from './job-archive.ts';
import type { JobRef } from './job-store.ts';

export interface TakeRequest {
  readonly shard: number;
  /** Jobs that ended at least so long ago. */
  readonly endedForMs: number;
  readonly limit: number;
  /** How long a job that was taken is not handed out again. */
  readonly holdMs: number;
}

/** An ended job as it stands in the store, field by field. */
export interface EndedJob extends JobRef, ArchivedJob {
  readonly version: number;
  /** When it leaves the store, by the store's clock. */
  readonly expiresAtMs: number;
}

/**
 * `changed`: the record is another one than was written to the segment, or stands there already;
 * `missing`: the job has left the store.
 */
export type SwapResult = 'archived' | 'changed' | 'missing';

export interface ArchiveStore {
  /** Ended jobs of a shard that are due, oldest first. */
  take(request: TakeRequest): Promise<readonly JobRef[]>;
  /** `undefined` for a job that is gone, archived, or of a schema that is not known here. */
  load(ref: JobRef): Promise<EndedJob | undefined>;
  /** Puts a pointer in the record's place, unless the record has changed since it was loaded. */
  swap(job: EndedJob, place: ArchivePlace): Promise<SwapResult>;
}
