/** `forebay explain`. */
import type { Job } from '@forebay/client';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { connect } from '../requests/connect.ts';
import { moveTable, planTables, planTerms } from '../requests/plan-tables.ts';
import { formatTable } from '../terminal/format-table.ts';

export async function runExplain(input: CommandInput): Promise<number> {
  const {
    arguments: [id = ''],
    terminal,
    signal,
  } = input;
  const job = await connect(input).get(id, { signal });
  const { status, requested_model: requested, model, route, attempts, moves = [] } = job;
  const way = { model, route, moves, attempts };
  terminal.document({ id: job.id, status, requested_model: requested, ...way });
  terminal.out(`  ${job.id} ${status}: ${requested} → ${model}\n`);
  terminal.out(`  planned ${route.planned_at} by ${planTerms(route)}\n\n`);
  terminal.out(planTables(route));
  if (moves.length > 0) terminal.out(`\n${moveTable(moves)}`);
  if (attempts.length > 0) terminal.out(`\n${attemptTable(job)}`);
  return exitCode.done;
}

function attemptTable({ attempts }: Job): string {
  const rows = attempts.map(({ n, model, outcome, why_chosen: why }) => [
    n,
    model,
    outcome ?? 'running',
    why,
  ]);
  return formatTable(['attempt', 'model', 'outcome', 'why'], rows);
}
