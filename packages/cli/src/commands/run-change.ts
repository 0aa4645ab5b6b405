/** `forebay change`. */
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { connect } from '../requests/connect.ts';
import { envelopeOf } from '../requests/read-request.ts';

export async function runChange(input: CommandInput): Promise<number> {
  const { terminal, signal } = input;
  const client = connect(input);
  const change = envelopeOf(input.options);
  for (const id of input.arguments) {
    // Who types this has seen no version and means the job as it stands.
    const job = await client.change({ id }, change, { signal });
    terminal.document(job);
    const { priority, deadline_at: deadline, cost } = job;
    terminal.out(`${job.id}  ${job.status}  priority ${priority}  until ${deadline}  `);
    terminal.out(`at most ${cost.ceiling} USD\n`);
  }
  return exitCode.done;
}
