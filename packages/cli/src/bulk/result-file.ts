/** A file of ended jobs, one a line, written as fast as the disk takes it. */
import { once } from 'node:events';
import { createWriteStream, openSync } from 'node:fs';
import { UsageError } from '../program/usage-error.ts';

export interface ResultFile {
  /** Resolves when more may be written. */
  write(job: object): Promise<void>;
  /** Resolves when everything is in the file. */
  close(): Promise<void>;
}

/**
 * @param path `undefined` opens none.
 * @throws UsageError when the file cannot be written.
 */
export function openResultFile(path: string | undefined): ResultFile | undefined {
  if (path === undefined) return undefined;
  const stream = createWriteStream(path, { fd: open(path) });
  let failure: Error | undefined;
  stream.on('error', (error) => {
    failure = error;
  });
  /** One wait for all who write at the same time. */
  let draining: Promise<unknown> | undefined;
  const check = (): void => {
    if (failure === undefined) return;
    throw new UsageError(`--results: ${path} cannot be written (${failure.message}).`);
  };
  return {
    async write(job) {
      check();
      if (stream.write(`${JSON.stringify(job)}\n`)) return;
      draining ??= once(stream, 'drain').finally(() => {
        draining = undefined;
      });
      await draining;
    },
    async close() {
      check();
      stream.end();
      await once(stream, 'close');
      check();
    },
  };
}

/** Opened at once, so that a wrong path is told before anything is submitted. */
function open(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--results: ${path} cannot be written (${why}).`);
  }
}
