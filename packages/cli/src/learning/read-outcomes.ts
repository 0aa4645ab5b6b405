/** Reads a file of outcomes into a table. */
import { OutcomeCollector } from '@forebay/shared/learning/collect-outcomes';
import type { OutcomeTable } from '@forebay/shared/learning/outcome-table';
import type { CommandInput } from '../program/command-input.ts';
import { UsageError } from '../program/usage-error.ts';
import { forEachOutcome } from './for-each-outcome.ts';
import type { StepProgress } from './step-progress.ts';

export interface ReadOutcomes {
  readonly table: OutcomeTable;
  readonly rows: number;
  /** Lines that were left out. */
  readonly skipped: number;
  /** The range that scores had, if they had to be brought to 0 … 1. */
  readonly scaledFrom: { readonly min: number; readonly max: number } | undefined;
}

/** @throws UsageError without a file, and as {@link forEachOutcome}. */
export async function readOutcomes(
  input: CommandInput,
  progress: StepProgress,
): Promise<ReadOutcomes> {
  const file = input.options.text('outcomes');
  if (file === undefined) throw new UsageError('Name the outcomes: --outcomes FILE.jsonl.');
  const collector = new OutcomeCollector();
  const add = (line: string) => collector.add(line);
  const skipped = await forEachOutcome(input, { file, progress, add });
  const { rows, scaledFrom } = collector;
  return { table: collector.table(), rows, skipped, scaledFrom };
}
