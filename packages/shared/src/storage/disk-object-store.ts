/**
 * The object store on a local (or shared) folder.
 *
 *  D1 An object is there whole or not at all: written in a folder that no key names, synced, moved
 *     to its place. What a killed process leaves there is found again without a walk.
 *  D2 `put` resolves after the folder is synced too, so a power cut cannot undo the rename.
 *  D3 A key names a file inside the root and nothing else.
 *  D4 The last object takes its folder with it, so that folders of single jobs do not pile up.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ForebayError } from '../domain/forebay-error.ts';
import type { ByteRange, ObjectStore } from '../ports/object-store.ts';
import { syncFolder } from '../runtime/sync-folder.ts';
import { deleteOldFiles } from './delete-old-files.ts';
import { isMissing } from './is-missing.ts';
import { listDiskKeys, listDiskObjects, objectEnding } from './list-disk-objects.ts';

/** D3: segments of plain characters, no dots, so neither `..` nor a hidden file can be named. */
const keyPattern = /^[a-z0-9_-]+(?:\/[a-z0-9_-]+)*$/;
const keyCharactersMax = 512;
/** D1, D3. */
const unfinishedFolder = '.unfinished';

/**
 * Opens the store; the folder is made when the first object is written.
 *
 * Its methods throw ForebayError `internal` for a key of another form, and the file system's own
 * error when the disk fails or is full.
 */
export function createDiskObjectStore(rootDirectory: string): ObjectStore {
  const pathOf = (key: string): string => join(rootDirectory, `${checked(key)}${objectEnding}`);
  return {
    async put(key, bytes) {
      await placeDurably(rootDirectory, pathOf(key), { bytes, place: rename });
    },
    async putOnce(key, bytes) {
      const path = pathOf(key);
      try {
        await placeDurably(rootDirectory, path, { bytes, place: placeFirst });
      } catch (error) {
        if (!hasCode(error, ['EEXIST'])) throw error;
      }
      // D2: whoever was first may not have synced it yet.
      await syncFolder(dirname(path));
      return readFile(path);
    },
    get: (key) => ifThere(() => readFile(pathOf(key))),
    getRange: (key, range) => ifThere(() => readRange(pathOf(key), range)),
    async erase(key, range) {
      await ifThere(() => overwrite(pathOf(key), range));
    },
    async list(request) {
      checked(request.folder);
      return listDiskObjects(rootDirectory, request);
    },
    async listKeys(request) {
      checked(request.folder);
      return listDiskKeys(rootDirectory, request);
    },
    async delete(key) {
      const path = pathOf(key);
      await rm(path, { force: true });
      await ifThere(() => syncFolder(dirname(path)));
      await removeIfEmpty(dirname(path));
    },
    deleteUnfinished: (writtenBeforeMs) =>
      deleteOldFiles(join(rootDirectory, unfinishedFolder), writtenBeforeMs),
  };
}

/** D3. */
function checked(key: string): string {
  if (key.length <= keyCharactersMax && keyPattern.test(key)) return key;
  throw new ForebayError('internal', 'an object key has a form that the store does not take');
}

async function ifThere<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function readRange(path: string, { offset, bytes }: ByteRange): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const part = Buffer.alloc(Math.max(0, Math.min(bytes, size - offset)));
    const { bytesRead } = await file.read(part, 0, part.length, offset);
    return part.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Never makes the file longer than it is. */
async function overwrite(path: string, { offset, bytes }: ByteRange): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const zeros = Buffer.alloc(Math.max(0, Math.min(bytes, size - offset)));
    await file.write(zeros, 0, zeros.length, offset);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** D4. */
async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch {
    // Other objects stand there, or it has gone already: both are as it should be.
  }
}

interface Placed {
  readonly bytes: Uint8Array;
  /** Moves what was written to its place, or leaves it where it is. */
  readonly place: (temporary: string, path: string) => Promise<void>;
}

async function placeDurably(root: string, path: string, placed: Placed): Promise<void> {
  try {
    await writeDurably(root, path, placed);
  } catch (error) {
    // D4: another process has just taken the folder away. There is nothing to take now.
    if (!isMissing(error)) throw error;
    await writeDurably(root, path, placed);
  }
}

/** D2. */
async function writeDurably(root: string, path: string, placed: Placed): Promise<void> {
  const folder = dirname(path);
  await makeFolder(root, folder);
  const unfinished = join(root, unfinishedFolder);
  await makeFolder(root, unfinished);
  await writeWhole(join(unfinished, randomUUID()), path, placed);
  await syncFolder(folder);
}

/** A second name for the file fails where there is one already; a move would replace that. */
async function placeFirst(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (!hasCode(error, noLinks)) throw error;
    // Such a disk cannot tell who was first; the last one stays, whole as ever.
    return rename(temporary, path);
  }
  await rm(temporary, { force: true });
}

/** What file systems say that know no second names. */
const noLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

function hasCode(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** Makes the folder and every one above it up to the root, each name durable. */
async function makeFolder(rootDirectory: string, folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (firstMade === undefined) return;
  for (let made = folder; made.length > rootDirectory.length; made = dirname(made)) {
    await syncFolder(dirname(made));
  }
}

/** D1. */
async function writeWhole(
  temporary: string,
  path: string,
  { bytes, place }: Placed,
): Promise<void> {
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await place(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
