/** Options that all commands of a group share. */
import type { CommandSpec, OptionSpec } from './command-spec.ts';

const output: readonly OptionSpec[] = [
  { name: 'json', description: 'write JSON to standard output, one document or one per line' },
  { name: 'quiet', description: 'no progress and no remarks on standard error' },
  { name: 'no-color', description: 'no colours; the variable NO_COLOR does the same' },
];

const connection: readonly OptionSpec[] = [
  { name: 'url', value: 'url', description: 'where the API is (or FOREBAY_URL)' },
  {
    name: 'key',
    value: 'key',
    description: 'the API key (or FOREBAY_API_KEY, which no `ps` shows)',
  },
];

const shared: Readonly<Record<CommandSpec['group'], readonly OptionSpec[]>> = {
  caller: [...connection, ...output],
  local: output,
  server: [],
};

/** Everything that the command takes, its own options first. */
export function optionsOf(command: CommandSpec): readonly OptionSpec[] {
  return [...command.options, ...shared[command.group]];
}
