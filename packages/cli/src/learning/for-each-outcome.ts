/** Goes through a file of outcomes line by line, and tells of those that make no sense. */
import type { AddOutcomeResult } from '@forebay/shared/learning/collect-outcomes';
import { readJobLines } from '../bulk/read-job-lines.ts';
import type { CommandInput } from '../program/command-input.ts';
import { UsageError } from '../program/usage-error.ts';
import type { StepProgress } from './step-progress.ts';

export interface OutcomeWalk {
  /** `-` is standard input. */
  readonly file: string;
  readonly progress: StepProgress;
  /** Takes a line that is not blank. */
  readonly add: (line: string) => AddOutcomeResult;
}

/** Bad lines that are told apart; more of them are only counted. */
const complaintsMax = 10;
/** Lines between two looks at Ctrl-C and the progress. */
const pageLines = 500;

/**
 * @returns how many lines were left out.
 * @throws UsageError naming the first bad lines, unless `--skip-bad` is on; and when none is left.
 */
export async function forEachOutcome(
  { options, terminal, signal }: CommandInput,
  { file, progress, add }: OutcomeWalk,
): Promise<number> {
  const source = readJobLines(file);
  const bad: string[] = [];
  let number = 0;
  let added = 0;
  let skipped = 0;
  for await (const line of source.lines) {
    number += 1;
    if (number % pageLines === 0) {
      signal.throwIfAborted();
      progress.show('reading', source.fraction() ?? 0);
    }
    if (line.trim() === '') continue;
    const result = add(line);
    if (result.kind === 'added') {
      added += 1;
      continue;
    }
    skipped += 1;
    if (bad.length < complaintsMax) bad.push(`${file}:${number}: ${result.why}`);
  }
  progress.show('reading', 1);
  if (skipped > 0) tellBadLines({ bad, skipped, mayGoOn: options.isOn('skip-bad') }, terminal);
  if (added > 0) return skipped;
  const remedy = 'One line is {"prompt": "…", "model": "small", "score": 0.8}.';
  throw new UsageError(`${file} has no outcomes. ${remedy}`);
}

interface BadLines {
  readonly bad: readonly string[];
  readonly skipped: number;
  readonly mayGoOn: boolean;
}

function tellBadLines(
  { bad, skipped, mayGoOn }: BadLines,
  terminal: CommandInput['terminal'],
): void {
  const more = skipped > bad.length ? [`and ${skipped - bad.length} more lines`] : [];
  if (!mayGoOn) {
    const remedy = 'Correct them, or leave them out with --skip-bad.';
    throw new UsageError([...bad, ...more, remedy].join('\n'));
  }
  for (const line of [...bad, ...more]) terminal.note(line);
  terminal.note(`${skipped} lines left out`);
}
