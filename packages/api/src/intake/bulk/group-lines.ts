/**
 * Puts the lines of a body into groups that are admitted together. A group never waits for lines
 * that have not arrived: whoever sends one line and waits gets its answer.
 */
import { limits } from '@forebay/shared/domain/limits';
import { createLineSplitter, type SplitLine } from './split-lines.ts';

export interface LineGroup {
  readonly lines: readonly SplitLine[];
  readonly bytes: number;
}

/** @throws what the input throws; an unfinished line is no line then. */
export async function* groupLines(
  input: AsyncIterable<Uint8Array>,
  lineBytesMax: number,
): AsyncGenerator<LineGroup, void> {
  const splitter = createLineSplitter(lineBytesMax);
  for await (const bytes of input) yield* groupsOf(splitter.push(bytes));
  yield* groupsOf(splitter.end());
}

function* groupsOf(lines: Iterable<SplitLine>): Generator<LineGroup> {
  let group: SplitLine[] = [];
  let bytes = 0;
  for (const line of lines) {
    group.push(line);
    bytes += line.kind === 'whole' ? line.bytes.length : 0;
    if (group.length < limits.bulkGroupLinesMax && bytes < limits.bulkGroupBytesMax) continue;
    yield { lines: group, bytes };
    group = [];
    bytes = 0;
  }
  if (group.length > 0) yield { lines: group, bytes };
}
