/** `forebay analytics`. */
import type { AnalyticsFigures, AnalyticsReport } from '@forebay/client';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { UsageError } from '../program/usage-error.ts';
import { connect } from '../requests/connect.ts';
import { formatTable } from '../terminal/format-table.ts';

const groups = ['model', 'deployment'] as const;

type Group = (typeof groups)[number];

export async function runAnalytics(input: CommandInput): Promise<number> {
  const { options, terminal, signal } = input;
  const report = await connect(input).analytics(
    {
      from: options.text('from'),
      to: options.text('to'),
      bucket: options.isOn('hourly') ? 'hour' : 'day',
      groupBy: namesIn(options.text('by')).map(groupOf),
      models: namesIn(options.text('model')),
    },
    { signal },
  );
  terminal.document(report);
  terminal.out(timeTable(report));
  for (const table of [moveTable(report.total), answerTable(report.total)]) {
    if (table !== undefined) terminal.out(`\n${table}`);
  }
  if (!report.is_complete) terminal.note('the newest jobs are not counted yet');
  return exitCode.done;
}

function namesIn(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split(',').map((name) => name.trim());
}

function groupOf(name: string): Group {
  const known = groups.find((group) => group === name);
  if (known !== undefined) return known;
  const expected = `${groups.join(' or ')}, or both with a comma`;
  throw new UsageError(`--by: expected ${expected}, not "${name}".`);
}

const figureTitles = ['jobs', 'attempts', 'failed', 'p50 ms', 'p95 ms', 'spent USD', 'saved USD'];

function timeTable({ data, total, group_by: names }: AnalyticsReport): string {
  const rows = data.map((row) => [
    ...[row.at, ...names.map((name) => (name === 'model' ? row.model : row.deployment) ?? '')],
    ...figuresOf(row),
  ]);
  const sum = ['total', ...names.map(() => ''), ...figuresOf(total)];
  return formatTable(['at', ...names, ...figureTitles], [...rows, sum]);
}

function figuresOf({ jobs, attempts, error_rate: rate, latency, cost }: AnalyticsFigures) {
  const ended = Object.values(jobs).reduce((sum, count) => sum + count, 0);
  const { p50, p95 } = latency.total_ms;
  return [
    ...[ended, attempts, rate === null ? '' : `${(rate * 100).toFixed(1)} %`],
    ...[p50 ?? '', p95 ?? '', cost.spent_usd, cost.saved_usd],
  ];
}

/** Fallbacks with what drove them, then promotions with what they will probably cost more. */
function moveTable({ fallbacks, promotions }: AnalyticsFigures): string | undefined {
  const rows = [
    ...fallbacks.map(({ from, to, count, reason }) => [from, to, count, reason, '']),
    ...promotions.moves.map(({ from, to, count, premium_usd: premium }) => [
      ...[from, to, count, 'waited too long', premium],
    ]),
  ];
  const head = ['from', 'to', 'jobs', 'because', 'premium USD'];
  return rows.length === 0 ? undefined : formatTable(head, rows);
}

function answerTable({ answers }: AnalyticsFigures): string | undefined {
  const rows = answers.map(({ model, task, answers: count, malformed, refused, cut, retried }) => [
    ...[model, task ?? '', count, malformed, refused, cut, retried],
  ]);
  const head = ['model', 'task', 'answers', 'malformed', 'refused', 'cut', 'retried'];
  return rows.length === 0 ? undefined : formatTable(head, rows);
}
