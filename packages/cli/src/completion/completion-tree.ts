/** The command table as a shell sees it: places, and what can stand at each. */
import { optionsOf } from '../program/command-options.ts';
import type { CommandSpec, OptionSpec } from '../program/command-spec.ts';

export interface Completion {
  readonly word: string;
  readonly description: string;
}

export interface CompletionPlace {
  /** Words after `forebay` with slashes: empty, `/submit`, `/key`, `/key/create`. */
  readonly place: string;
  readonly commands: readonly Completion[];
  readonly options: readonly Completion[];
  /** Fixed values of the arguments. */
  readonly values: readonly string[];
  readonly takesFiles: boolean;
  /** What stands behind an option. */
  readonly optionValues: readonly OptionValue[];
}

export interface OptionValue {
  readonly option: string;
  /** Fixed values; none when it is any text. */
  readonly values: readonly string[];
  readonly isFile: boolean;
}

export function completionTree(
  commands: readonly CommandSpec[],
  groups: Readonly<Record<string, string>>,
): readonly CompletionPlace[] {
  const listed: readonly Listed[] = [
    ...commands,
    ...Object.entries(groups).map(([path, summary]) => ({ path, summary })),
  ];
  return [
    ...['', ...Object.keys(groups)].map((group) => groupPlace(group, listed)),
    ...commands.map(commandPlace),
  ];
}

/** A command, or a group of them. */
type Listed = Pick<CommandSpec, 'path' | 'summary'>;

function groupPlace(group: string, listed: readonly Listed[]): CompletionPlace {
  const inside = listed.filter(({ path }) => path.split(' ').slice(0, -1).join(' ') === group);
  return {
    place: group === '' ? '' : `/${group.replaceAll(' ', '/')}`,
    commands: inside.map(({ path, summary }) => ({
      word: path.split(' ').at(-1) ?? '',
      description: summary,
    })),
    options: [help],
    values: [],
    takesFiles: false,
    optionValues: [],
  };
}

function commandPlace(command: CommandSpec): CompletionPlace {
  const options = optionsOf(command);
  return {
    place: `/${command.path.replaceAll(' ', '/')}`,
    commands: [],
    options: [
      ...options.map(({ name, description }) => ({ word: `--${name}`, description })),
      help,
    ],
    values: command.arguments.flatMap(({ choices = [] }) => choices),
    takesFiles: command.arguments.some(({ completes }) => completes === 'file'),
    optionValues: options.filter(({ value }) => value !== undefined).map(optionValueOf),
  };
}

const help: Completion = { word: '--help', description: 'show help' };

function optionValueOf({ name, choices = [], completes }: OptionSpec): OptionValue {
  return { option: `--${name}`, values: choices, isFile: completes === 'file' };
}
