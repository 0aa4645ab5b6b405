/** `forebay estimate`. */
import type { EstimateItem, EstimateSummary } from '@forebay/client';
import { readJobLines } from '../bulk/read-job-lines.ts';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { connect } from '../requests/connect.ts';
import { formatTable } from '../terminal/format-table.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Further problems are only counted. */
const shownProblemsMax = 100;

export async function runEstimate(input: CommandInput): Promise<number> {
  const {
    arguments: [file = ''],
    terminal,
    signal,
  } = input;
  const { lines } = readJobLines(file);
  const wanted = terminal.json ? 'all' : 'errors';
  let shown = 0;
  let summary: EstimateSummary | undefined;
  for await (const item of connect(input).estimateLines(lines, { lines: wanted, signal })) {
    terminal.document(item);
    if ('summary' in item) summary = item.summary;
    else shown = complain(terminal, item, shown);
  }
  if (summary === undefined) return exitCode.notAsExpected;
  printSummary(terminal, summary);
  const isWhole = summary.refused === 0 && summary.error === undefined;
  return isWhole ? exitCode.done : exitCode.notAsExpected;
}

type Line = Exclude<EstimateItem, { readonly summary: EstimateSummary }>;

/** @returns how many problems have been shown. */
function complain(terminal: Terminal, item: Line, shown: number): number {
  if (item.status !== 'refused') return shown;
  const places = item.error.errors.slice(0, Math.max(0, shownProblemsMax - shown));
  for (const { line, pointer, detail } of places) {
    terminal.complain(`line ${line}${pointer === '' ? '' : ` ${pointer}`}: ${detail}`);
  }
  return shown + places.length;
}

function printSummary(terminal: Terminal, summary: EstimateSummary): void {
  const rows = [
    row('as planned', summary.estimated, summary),
    ...summary.by_model.map((each) => row(`all on ${each.model}`, each.lines, each)),
  ];
  const head = ['', 'lines', 'input tokens', 'low USD', 'about USD', 'at most USD'];
  terminal.out(formatTable(head, rows));
  if (summary.duplicates > 0) {
    terminal.complain(`${summary.duplicates} lines repeat an earlier one and would make no job`);
  }
  if (summary.refused > 0) {
    terminal.complain(`${summary.refused} of ${summary.lines} lines would be refused`);
  }
  const { error } = summary;
  if (error !== undefined) terminal.complain(`not read to its end: ${error.detail}`);
}

function row(
  name: string,
  lines: number,
  { tokens, cost }: Pick<EstimateSummary, 'tokens' | 'cost'>,
): readonly (string | number)[] {
  return [name, lines, tokens.input_about, cost.low, cost.expected, cost.high];
}
