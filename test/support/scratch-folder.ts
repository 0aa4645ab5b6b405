/** A folder of a test's own, gone after it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Makes an empty folder and removes it when the running test has ended. */
export function scratchFolder(name: string): string {
  const folder = makeFolder(name);
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** The same for a whole file of tests; the caller removes it with `removeFolder`. */
export function makeFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `forebay-${name}-`));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
