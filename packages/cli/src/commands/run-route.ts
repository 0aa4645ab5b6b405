/** `forebay route`. */
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { connect } from '../requests/connect.ts';
import { readRequest } from '../requests/read-request.ts';
import { formatTable } from '../terminal/format-table.ts';

export async function runRoute(input: CommandInput): Promise<number> {
  const { terminal, signal } = input;
  const plan = await connect(input).route(readRequest(input), { signal });
  const { candidates, exclusions } = plan.route;
  terminal.document(plan);
  if (candidates.length > 0) {
    const rows = candidates.map((candidate, index) => [
      index + 1,
      candidate.model,
      candidate.expected_cost_usd,
      candidate.worst_case_cost_usd,
      candidate.reason,
    ]);
    terminal.out(formatTable(['#', 'model', 'about USD', 'at most USD', 'why'], rows));
  }
  if (exclusions.length > 0) {
    const rows = exclusions.map(({ model, code, reason }) => [model, code, reason]);
    terminal.out(`\n${formatTable(['not', 'code', 'why'], rows)}`);
  }
  if (candidates.length > 0) return exitCode.done;
  terminal.complain('no model can take this job');
  return exitCode.notAsExpected;
}
