/** `forebay cancel`. */
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { connect } from '../requests/connect.ts';

const asAsked: readonly string[] = ['cancelled', 'cancelling'];

export async function runCancel(input: CommandInput): Promise<number> {
  const { terminal, signal } = input;
  const client = connect(input);
  let allAsAsked = true;
  for (const id of input.arguments) {
    const job = await client.cancel(id, { signal });
    terminal.document(job);
    terminal.out(`${job.id}  ${job.status}\n`);
    if (!asAsked.includes(job.status)) allAsAsked = false;
  }
  return allAsAsked ? exitCode.done : exitCode.notAsExpected;
}
