/** `forebay retry`. */
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { connect } from '../requests/connect.ts';
import { envelopeOf, routingOf } from '../requests/read-request.ts';

export async function runRetry(input: CommandInput): Promise<number> {
  const { terminal, signal } = input;
  const client = connect(input);
  const routing = routingOf(input.options);
  const changes = { ...envelopeOf(input.options), ...(routing === undefined ? {} : { routing }) };
  for (const id of input.arguments) {
    const job = await client.retry(id, { changes, signal });
    terminal.document(job);
    terminal.note(`${id} is tried again as ${job.id}`);
    terminal.out(`${job.id}\n`);
  }
  return exitCode.done;
}
