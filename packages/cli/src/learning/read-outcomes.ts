/** Reads a file of outcomes into a table. */
import { OutcomeCollector } from '@forebay/shared/learning/collect-outcomes';
import type { OutcomeTable } from '@forebay/shared/learning/outcome-table';
import { readJobLines } from '../bulk/read-job-lines.ts';
import type { CommandInput } from '../program/command-input.ts';
import { UsageError } from '../program/usage-error.ts';
import type { StepProgress } from './step-progress.ts';

export interface ReadOutcomes {
  readonly table: OutcomeTable;
  readonly rows: number;
  /** Lines that were left out. */
  readonly skipped: number;
  /** The range that scores had, if they had to be brought to 0 … 1. */
  readonly scaledFrom: { readonly min: number; readonly max: number } | undefined;
}

/** Bad lines that are told apart; more of them are only counted. */
const complaintsMax = 10;
/** Lines between two looks at Ctrl-C and the progress. */
const pageLines = 500;

/** @throws UsageError naming the first bad lines, unless `--skip-bad` is on. */
export async function readOutcomes(
  { options, terminal, signal }: CommandInput,
  progress: StepProgress,
): Promise<ReadOutcomes> {
  const file = options.text('outcomes');
  if (file === undefined) throw new UsageError('Name the outcomes: --outcomes FILE.jsonl.');
  const collector = new OutcomeCollector();
  const source = readJobLines(file);
  const bad: string[] = [];
  let number = 0;
  let skipped = 0;
  for await (const line of source.lines) {
    number += 1;
    if (number % pageLines === 0) {
      signal.throwIfAborted();
      progress.show('reading', source.fraction() ?? 0);
    }
    if (line.trim() === '') continue;
    const result = collector.add(line);
    if (result.kind === 'added') continue;
    skipped += 1;
    if (bad.length < complaintsMax) bad.push(`${file}:${number}: ${result.why}`);
  }
  progress.show('reading', 1);
  if (skipped > 0) tellBadLines({ bad, skipped, mayGoOn: options.isOn('skip-bad') }, terminal);
  if (collector.rows === 0) {
    const remedy = 'One line is {"prompt": "…", "model": "small", "score": 0.8}.';
    throw new UsageError(`${file} has no outcomes. ${remedy}`);
  }
  const { rows, scaledFrom } = collector;
  return { table: collector.table(), rows, skipped, scaledFrom };
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
