/** `forebay usage`. */
import type { UsageFigures, UsageReport, UsageRow } from '@forebay/client';
import { csvLine } from '@forebay/shared/domain/csv';
import type { CommandInput, OptionValues } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { connect } from '../requests/connect.ts';
import { formatTable } from '../terminal/format-table.ts';

const pageMax = 10_000;
const figures = [
  'jobs',
  'attempts',
  'input_tokens',
  'cached_input_tokens',
  'cache_write_tokens',
  'output_tokens',
  'reasoning_tokens',
  'spent_usd',
  'unknown_usd',
] as const;

/** What a table has room for. */
const shown = ['jobs', 'input_tokens', 'output_tokens', 'spent_usd', 'unknown_usd'] as const;

export async function runUsage(input: CommandInput): Promise<number> {
  const { options, terminal, signal } = input;
  const client = connect(input);
  const groupBy = (options.text('by') ?? 'day').split(',').map((name) => name.trim());
  const isCsv = options.isOn('csv') && !terminal.json;
  if (isCsv) terminal.out(csvLine([...groupBy, ...figures]));
  const rows: UsageRow[] = [];
  let report: UsageReport | undefined;
  let after: string | undefined;
  do {
    const filter = { ...filterOf(options), groupBy, limit: pageMax, after };
    report = await client.usage(filter, { signal });
    for (const row of report.data) {
      terminal.document(row);
      if (isCsv) terminal.out(csvLine(keyOf(row, groupBy), textsOf(row, figures)));
      else if (!terminal.json) rows.push(row);
    }
    after = report.next ?? undefined;
  } while (after !== undefined);
  if (!isCsv) terminal.out(tableOf(rows, { groupBy, report }));
  if (!report.is_complete) terminal.note('the newest jobs are not counted yet');
  return exitCode.done;
}

function tableOf(
  rows: readonly UsageRow[],
  { groupBy, report }: { readonly groupBy: readonly string[]; readonly report: UsageReport },
): string {
  // Counts stay numbers, which a table puts to the right.
  const figuresOf = (row: UsageFigures) => shown.map((name) => row[name]);
  const lines = rows.map((row) => [...keyOf(row, groupBy), ...figuresOf(row)]);
  const total = ['total', ...groupBy.slice(1).map(() => ''), ...figuresOf(report.total)];
  const names = shown.map((name) => name.replaceAll('_', ' ').replace('usd', 'USD'));
  return formatTable([...groupBy, ...names], [...lines, total]);
}

function filterOf(options: OptionValues) {
  const where = options.all('where').map((filter): [string, string] => {
    const end = filter.indexOf('=');
    return [filter.slice(0, end).trim(), filter.slice(end + 1)];
  });
  return {
    from: options.text('from'),
    to: options.text('to'),
    where: Object.fromEntries(where),
  };
}

function keyOf({ group }: UsageRow, groupBy: readonly string[]): readonly string[] {
  return groupBy.map((name) => group[name] ?? '');
}

function textsOf(row: UsageFigures, names: readonly (keyof UsageFigures)[]): readonly string[] {
  return names.map((name) => String(row[name]));
}
