/**
 * Reading through to the archive, in one place: who reads a record by its key gets the fields of
 * the live or of the archived job and cannot tell which.
 */
import { ForebayError } from '../domain/forebay-error.ts';
import type { ArchivePlace, JobArchive } from '../ports/job-archive.ts';
import type { JobRef } from '../ports/job-store.ts';
import { parsePlace, pointerField } from './archive-pointer.ts';
import type { RedisClient } from './connection.ts';
import { dueMember, type StoreKeys } from './keys.ts';
import { asStoreError, type ScriptRunner } from './script-runner.ts';

export interface ArchivedJobsDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
  /** Absent in processes that read no jobs. */
  readonly archive: JobArchive | undefined;
}

type Fields = ReadonlyMap<string, string>;

export interface ArchivedJobs {
  /** What was stored under the job's key: the same fields, or those that the pointer leads to. */
  throughTo(ref: JobRef, stored: Fields): Promise<Fields>;
  /** The packed answer, wherever it is. */
  readResult(ref: JobRef): Promise<Uint8Array | undefined>;
  /** Brings an archived record back; without effect on one that is not archived. */
  restore(ref: JobRef): Promise<void>;
  /**
   * Makes what stood at a place unreadable.
   *
   * @param place as the pointer had it; '' for none.
   * @returns the packed answer that stood there.
   */
  erase(ref: JobRef, place: string): Promise<Uint8Array | undefined>;
}

export function createArchivedJobs(deps: ArchivedJobsDeps): ArchivedJobs {
  return {
    async throughTo(ref, stored) {
      const pointer = stored.get(pointerField);
      if (pointer === undefined) return stored;
      return archiveOf(deps).readFields(ref, parsePlace(pointer));
    },
    async readResult(ref) {
      const live = await readLiveResult(deps, ref);
      if (live !== undefined) return live;
      const pointer = await readPointer(deps, ref);
      if (pointer !== undefined) return archiveOf(deps).readResult(ref, parsePlace(pointer));
      // It may have come back between the two looks.
      return readLiveResult(deps, ref);
    },
    restore: (ref) => restore(deps, ref),
    async erase(ref, text) {
      if (text === '') return undefined;
      const place = parsePlace(text);
      const packed = await readIfThere(deps, ref, place);
      await archiveOf(deps).erase(place);
      return packed;
    },
  };
}

/** What is damaged, or was erased by an earlier call, has nothing more to tell. */
async function readIfThere(
  deps: ArchivedJobsDeps,
  ref: JobRef,
  place: ArchivePlace,
): Promise<Uint8Array | undefined> {
  try {
    return await archiveOf(deps).readResult(ref, place);
  } catch (error) {
    if (ForebayError.is(error)) return undefined;
    throw error;
  }
}

function archiveOf({ archive }: ArchivedJobsDeps): JobArchive {
  if (archive !== undefined) return archive;
  throw new ForebayError('internal', 'This process was started without the archive of jobs.');
}

async function readLiveResult(
  { client, keys }: ArchivedJobsDeps,
  ref: JobRef,
): Promise<Uint8Array | undefined> {
  try {
    return (await client.getBuffer(keys.job(ref.tenant, ref.id).result)) ?? undefined;
  } catch (error) {
    throw asStoreError(error);
  }
}

async function readPointer(
  { client, keys }: ArchivedJobsDeps,
  ref: JobRef,
): Promise<string | undefined> {
  try {
    return (await client.hget(keys.job(ref.tenant, ref.id).job, pointerField)) ?? undefined;
  } catch (error) {
    throw asStoreError(error);
  }
}

async function restore(deps: ArchivedJobsDeps, ref: JobRef): Promise<void> {
  const pointer = await readPointer(deps, ref);
  if (pointer === undefined) return;
  const place = parsePlace(pointer);
  const [fields, result] = await Promise.all([
    archiveOf(deps).readFields(ref, place),
    archiveOf(deps).readResult(ref, place),
  ]);
  const { keys, scripts } = deps;
  const k = keys.job(ref.tenant, ref.id);
  await scripts.run({
    script: 'archive-restore',
    keys: [k.job, k.result, keys.ended(keys.shardOf(ref.tenant))],
    args: [
      pointer,
      dueMember(ref.tenant, ref.id),
      result === undefined ? '0' : '1',
      result ?? '',
      ...[...fields].flat(),
    ],
  });
}
