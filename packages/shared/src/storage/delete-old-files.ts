/** Empties a folder of the files that nobody has written to for a while. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './is-missing.ts';

/** @returns how many there were and their size; none when there is no such folder. */
export async function deleteOldFiles(
  folder: string,
  writtenBeforeMs: number,
): Promise<{ readonly count: number; readonly bytes: number }> {
  let count = 0;
  let bytes = 0;
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    try {
      const { mtimeMs, size } = await stat(path);
      if (mtimeMs >= writtenBeforeMs) continue;
      await rm(path);
      count += 1;
      bytes += size;
    } catch (error) {
      // Its writer has moved it to its place, or another process was first.
      if (!isMissing(error)) throw error;
    }
  }
  return { count, bytes };
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
