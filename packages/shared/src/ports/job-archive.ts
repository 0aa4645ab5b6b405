/** The port to the archive: where ended jobs lie once their records have left the store. */
import type { JobRef } from './job-store.ts';
import type { StoredObject } from './object-store.ts';

/** A stored record as it stood in the store, field by field, and what stood beside it. */
export interface ArchivedJob {
  readonly fields: ReadonlyMap<string, string>;
  /** The answer as the vault has packed it; `undefined` for a job without one. */
  readonly result: Uint8Array | undefined;
}

/** Where one job lies: what the store keeps in the record's place. */
export interface ArchivePlace {
  readonly segment: string;
  readonly offset: number;
  readonly recordBytes: number;
  /** Follows the record; 0 when there is none. */
  readonly resultBytes: number;
}

export interface SegmentRequest {
  readonly jobs: readonly (JobRef & ArchivedJob)[];
  /** When the last of them will have left the store, by its clock. */
  readonly expiresAtMs: number;
}

/**
 * All reads throw ForebayError `internal` when a segment is gone or damaged: never another job,
 * never a guess.
 */
export interface JobArchive {
  /** Writes one segment, durable when this resolves. @returns the places, in the jobs' order. */
  write(request: SegmentRequest): Promise<readonly ArchivePlace[]>;
  readFields(ref: JobRef, place: ArchivePlace): Promise<ReadonlyMap<string, string>>;
  readResult(ref: JobRef, place: ArchivePlace): Promise<Uint8Array | undefined>;
  /** Overwrites one job in its segment; what is gone already stays so. */
  erase(place: ArchivePlace): Promise<void>;
  /** Segments that no job needs any more, oldest first, at most `limit`; by the store's clock. */
  listExpired(nowMs: number, limit: number): Promise<readonly StoredObject[]>;
}
