/** `forebay jobs`. */
import type { Job, JobFilter } from '@forebay/client';
import { formatUsd } from '@forebay/shared/domain/money';
import type { CommandInput, OptionValues } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { chargedNanoUsd, chargedText } from '../requests/charged-cost.ts';
import { connect } from '../requests/connect.ts';
import { formatTable } from '../terminal/format-table.ts';
import type { Terminal } from '../terminal/terminal.ts';

const limitDefault = 20;
const pageMax = 100;

export async function runJobs(input: CommandInput): Promise<number> {
  const {
    arguments: [id],
    options,
    terminal,
    signal,
  } = input;
  const client = connect(input);
  if (id !== undefined) {
    showJob(terminal, await client.get(id, { signal }));
    return exitCode.done;
  }
  const given = Number(options.text('limit') ?? limitDefault);
  const most = options.isOn('all') ? Number.POSITIVE_INFINITY : given;
  const rows: (readonly string[])[] = [];
  let count = 0;
  const filter = { ...filterOf(options), limit: Math.min(most, pageMax) };
  for await (const job of client.list(filter, { signal })) {
    terminal.document(job);
    // Under --json nothing is kept, so that any number can be listed.
    if (!terminal.json) rows.push(rowOf(job));
    count += 1;
    if (count >= most) break;
  }
  terminal.out(formatTable(['id', 'status', 'model', 'created', 'cost USD', 'why'], rows));
  return exitCode.done;
}

function filterOf(options: OptionValues): JobFilter {
  // A filter that is not one of them is refused by the table's choices before.
  const status = options.text('status') as JobFilter['status'];
  return {
    status,
    model: options.text('model'),
    batch: options.text('batch'),
    created_after: options.text('after'),
    created_before: options.text('before'),
  };
}

function rowOf(job: Job): readonly string[] {
  const { id, status, model, created_at: created } = job;
  const costUsd = formatUsd(chargedNanoUsd(job.cost));
  return [id, status, model, created.slice(0, 19), costUsd, job.status_reason.text];
}

function showJob(terminal: Terminal, job: Job): void {
  terminal.document(job);
  const { colours } = terminal;
  const lines: readonly (readonly [string, string])[] = [
    ['job', job.id],
    ['status', `${colours.status(job.status)}: ${job.status_reason.text}`],
    ['asked for', job.requested_model],
    ['model', job.model],
    ['created', job.created_at],
    ['ended', job.finished_at ?? '-'],
    ['deadline', job.deadline_at],
    ['cost', chargedText(job.cost)],
    ['ceiling', `${job.cost.ceiling} USD`],
    ['error', job.error?.message ?? '-'],
  ];
  for (const [name, value] of lines) terminal.out(`  ${name.padEnd(10)} ${value}\n`);
  if (job.attempts.length === 0) return;
  const rows = job.attempts.map((attempt) => [
    attempt.n,
    attempt.model,
    attempt.outcome ?? 'running',
    attempt.cost.charged ?? '-',
    attempt.why_chosen,
  ]);
  terminal.out(`\n${formatTable(['attempt', 'model', 'outcome', 'cost USD', 'why'], rows)}`);
}
