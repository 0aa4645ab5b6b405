/**
 * The object store on a local (or shared) folder.
 *
 *  D1 An object is there whole or not at all: written under a temporary name, synced, renamed.
 *  D2 `put` resolves after the folder is synced too, so a power cut cannot undo the rename.
 *  D3 A key names a file inside the root and nothing else.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ForebayError } from '../domain/forebay-error.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { syncFolder } from '../runtime/sync-folder.ts';

/** D3: segments of plain characters, no dots, so neither `..` nor a hidden file can be named. */
const keyPattern = /^[a-z0-9_-]+(?:\/[a-z0-9_-]+)*$/;
const keyCharactersMax = 512;

/**
 * Opens the store; the folder is made when the first object is written.
 *
 * Its methods throw ForebayError `internal` for a key of another form, and the file system's own
 * error when the disk fails or is full.
 */
export function createDiskObjectStore(rootDirectory: string): ObjectStore {
  const pathOf = (key: string): string => {
    if (key.length > keyCharactersMax || !keyPattern.test(key)) {
      throw new ForebayError('internal', 'an object key has a form that the store does not take');
    }
    // The ending keeps an object `a` and a folder `a/` of the object `a/b` apart.
    return join(rootDirectory, `${key}.object`);
  };
  return {
    async put(key, bytes) {
      const path = pathOf(key);
      const folder = dirname(path);
      await makeFolder(rootDirectory, folder);
      await writeWhole(path, bytes);
      await syncFolder(folder);
    },
    async get(key) {
      try {
        return await readFile(pathOf(key));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async delete(key) {
      const path = pathOf(key);
      await rm(path, { force: true });
      try {
        await syncFolder(dirname(path));
      } catch (error) {
        // Nothing was ever stored there: there is no removal to make durable.
        if (!isMissing(error)) throw error;
      }
    },
  };
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
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.part`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
