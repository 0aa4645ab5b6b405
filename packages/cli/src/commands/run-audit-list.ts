/** `forebay audit list`. */
import { isJsonObject } from '@forebay/shared/domain/json';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { readSettings } from '../program/read-settings.ts';
import { withStore } from '../store/with-store.ts';
import { formatTable } from '../terminal/format-table.ts';

const linesDefault = 20;
const columns = ['number', 'at', 'actor', 'action', 'target', 'outcome'] as const;

export async function runAuditList({
  options,
  terminal,
  environment,
}: CommandInput): Promise<number> {
  const limit = Number(options.text('limit') ?? linesDefault);
  const { lines } = await withStore(readSettings(environment), ({ audit }) =>
    audit.listNewest(undefined, limit),
  );
  const rows = lines.map((text) => {
    const line: unknown = JSON.parse(text);
    terminal.document(line);
    return columns.map((name) => cellOf(line, name));
  });
  terminal.out(formatTable(columns, rows));
  return exitCode.done;
}

function cellOf(line: unknown, name: string): string | number {
  const value = isJsonObject(line) ? line[name] : undefined;
  return typeof value === 'number' || typeof value === 'string' ? value : '';
}
