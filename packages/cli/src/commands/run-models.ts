/** `forebay models`. */
import type { ModelEntry } from '@forebay/client';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { connect } from '../requests/connect.ts';
import { formatTable } from '../terminal/format-table.ts';

export async function runModels(input: CommandInput): Promise<number> {
  const { terminal, signal } = input;
  const entries = await connect(input).models({ signal });
  terminal.document(entries);
  const rows = entries.map((entry) => [
    entry.id,
    whatIs(entry),
    entry.alias_of ?? entry.targets?.join(' → ') ?? entry.kinds?.join(', ') ?? '',
    entry.context_window ?? '',
  ]);
  terminal.out(formatTable(['name', 'is', 'takes', 'context'], rows));
  return exitCode.done;
}

function whatIs({ strategy, alias_of: alias, retires_at: retires }: ModelEntry): string {
  if (strategy !== undefined) return `route, ${strategy}`;
  if (alias !== undefined) return 'alias';
  return retires === undefined ? 'model' : `model, until ${retires.slice(0, 10)}`;
}
