/** The lines of a file or of standard input, as they are needed. */
import { createReadStream, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { UsageError } from '../program/usage-error.ts';

export interface JobLines {
  readonly lines: AsyncIterable<string>;
  /** How much has been read, 0 to 1; `undefined` for a stream without a size. */
  fraction(): number | undefined;
}

/** The API takes no longer line; a file that is no NDJSON must not fill the memory. */
const lineCharactersMax = 32 * 1024 * 1024;

/**
 * @param file `-` is standard input.
 * @throws UsageError when the file cannot be read.
 */
export function readJobLines(file: string): JobLines {
  if (file === '-') {
    return { lines: linesOf(process.stdin, () => {}), fraction: () => undefined };
  }
  const sizeBytes = sizeOf(file);
  let readBytes = 0;
  const lines = linesOf(createReadStream(file), (bytes) => {
    readBytes += bytes;
  });
  const fraction = (): number | undefined => (sizeBytes === 0 ? undefined : readBytes / sizeBytes);
  return { lines, fraction };
}

async function* linesOf(
  input: Readable,
  onRead: (bytes: number) => void,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of input) {
    // Neither stream was given an encoding, so both give bytes.
    const bytes = chunk as Uint8Array;
    onRead(bytes.byteLength);
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineCharactersMax) {
      throw new UsageError(`A line is longer than ${lineCharactersMax} characters: is it NDJSON?`);
    }
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** 0 for pipes and devices. */
function sizeOf(file: string): number {
  try {
    const stats = statSync(file);
    if (stats.isDirectory()) throw new Error('it is a folder');
    return stats.isFile() ? stats.size : 0;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${file} cannot be read (${why}).`);
  }
}
