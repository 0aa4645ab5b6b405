/** Walks the objects in a folder, in one fixed order, from where an earlier walk has stopped. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListObjects, StoredObject } from '../ports/object-store.ts';
import { isMissing } from './is-missing.ts';

/** The ending keeps an object `a` and a folder `a/` of the object `a/b` apart. */
export const objectEnding = '.object';

/** Reads one page; files that are no objects, such as half-written ones, are passed over. */
export async function listDiskObjects(
  rootDirectory: string,
  { folder, after, limit }: ListObjects,
): Promise<readonly StoredObject[]> {
  const found: StoredObject[] = [];
  const last = after?.split('/') ?? [];
  for await (const key of walk(rootDirectory, folder, last)) {
    const facts = await factsOf(join(rootDirectory, `${key}${objectEnding}`));
    if (facts !== undefined) found.push({ key, ...facts });
    if (found.length === limit) break;
  }
  return found;
}

/** The same page by names alone: the files are not looked at. */
export async function listDiskKeys(
  rootDirectory: string,
  { folder, after, limit }: ListObjects,
): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const key of walk(rootDirectory, folder, after?.split('/') ?? [])) {
    found.push(key);
    if (found.length === limit) break;
  }
  return found;
}

/** Keys below a folder that come after `last`, part by part. */
async function* walk(
  rootDirectory: string,
  folder: string,
  last: readonly string[],
): AsyncGenerator<string> {
  const depth = folder.split('/').length;
  const isOnTheWay = last.slice(0, depth).join('/') === folder;
  const from = isOnTheWay ? last[depth] : undefined;
  for (const entry of await entriesOf(join(rootDirectory, folder))) {
    if (from !== undefined && entry.name < from) continue;
    const key = `${folder}/${entry.name}`;
    if (entry.isFolder) yield* walk(rootDirectory, key, entry.name === from ? last : []);
    else if (entry.name !== from) yield key;
  }
}

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** Sorted by name; an object comes before the folder of the same name. */
async function entriesOf(directory: string): Promise<readonly Entry[]> {
  try {
    const found = await readdir(directory, { withFileTypes: true });
    const entries = found.flatMap((entry): Entry[] => {
      if (entry.isDirectory()) return [{ name: entry.name, isFolder: true }];
      if (!entry.name.endsWith(objectEnding)) return [];
      return [{ name: entry.name.slice(0, -objectEnding.length), isFolder: false }];
    });
    return entries.sort(byName);
  } catch (error) {
    // Nothing was stored there yet, or its last object has just been deleted.
    if (isMissing(error)) return [];
    throw error;
  }
}

function byName(left: Entry, right: Entry): number {
  if (left.name === right.name) return left.isFolder ? 1 : -1;
  return left.name < right.name ? -1 : 1;
}

async function factsOf(path: string): Promise<Omit<StoredObject, 'key'> | undefined> {
  try {
    const { mtimeMs, size } = await stat(path);
    return { writtenAtMs: mtimeMs, bytes: size };
  } catch (error) {
    // Deleted since the folder was read.
    if (isMissing(error)) return undefined;
    throw error;
  }
}
