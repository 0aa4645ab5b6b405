/** The table that ends a bulk submission. */
import { formatUsd } from '@forebay/shared/domain/money';
import { formatDuration } from '../terminal/format-duration.ts';
import { formatTable } from '../terminal/format-table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { BulkTally } from './bulk-tally.ts';

export interface BulkReport {
  readonly tally: BulkTally;
  readonly batchId: string;
  readonly outcome: string;
  readonly durationMs: number;
  readonly waited: boolean;
}

export function printReport(terminal: Terminal, report: BulkReport): void {
  const { tally, batchId, outcome, durationMs } = report;
  const intake = [
    ['accepted', tally.accepted],
    ['known before', tally.duplicates],
    ['rejected', tally.rejected],
  ] as const;
  terminal.out(`\n${formatTable(['lines', 'count'], intake)}`);
  if (tally.rejections.size > 0) {
    terminal.out(`\n${formatTable(['rejected for', 'count'], [...tally.rejections])}`);
  }
  if (report.waited) terminal.out(`\n${endTable(tally)}`);
  terminal.out(`\n  batch ${batchId}, ${outcome} after ${formatDuration(durationMs)}\n`);
}

function endTable({ ends, ended, costNanoUsd }: BulkTally): string {
  const rows = [...ends.keys()].sort().map((status) => {
    const entry = ends.get(status);
    return [status, entry?.count ?? 0, formatUsd(entry?.costNanoUsd ?? 0n)];
  });
  return formatTable(
    ['ended', 'jobs', 'cost USD'],
    [...rows, ['together', ended, formatUsd(costNanoUsd)]],
  );
}

/** The same for programs. */
export function reportDocument({ tally, batchId, outcome, waited }: BulkReport): object {
  const { answered: lines, accepted, duplicates, rejected } = tally;
  const summary = { batch_id: batchId, outcome, lines, accepted, duplicates, rejected };
  if (!waited) return { summary };
  const ended = Object.fromEntries([...tally.ends].map(([status, { count }]) => [status, count]));
  return { summary: { ...summary, ended, cost_usd: formatUsd(tally.costNanoUsd) } };
}
