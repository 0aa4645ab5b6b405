/** A file that the command line names. */
import { readFileSync } from 'node:fs';
import { UsageError } from '../program/usage-error.ts';

/** @throws UsageError when the file cannot be read. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${file} cannot be read (${why}).`);
  }
}
