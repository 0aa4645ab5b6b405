/** `forebay route`. */
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { connect } from '../requests/connect.ts';
import { planTables, planTerms } from '../requests/plan-tables.ts';
import { readRequest } from '../requests/read-request.ts';

export async function runRoute(input: CommandInput): Promise<number> {
  const { terminal, signal } = input;
  const plan = await connect(input).route(readRequest(input), { signal });
  terminal.document(plan);
  terminal.out(`  ${plan.route.requested} by ${planTerms(plan.route)}\n\n`);
  terminal.out(planTables(plan.route));
  const refusal = plan.refusal?.detail;
  if (refusal === undefined && plan.route.candidates.length > 0) return exitCode.done;
  terminal.complain(refusal ?? 'no model can take this job');
  return exitCode.notAsExpected;
}
