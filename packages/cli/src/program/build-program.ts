/** Makes the parser of the command line out of the command table. */
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { optionsOf } from './command-options.ts';
import { type CommandSpec, exitCodes, type OptionSpec } from './command-spec.ts';
import { commandGroups, commandTable } from './command-table.ts';

/** A command line that was understood. */
export interface ParsedCommand {
  readonly spec: CommandSpec;
  readonly arguments: readonly string[];
  /** By long name: text, lists of text, or `true`. */
  readonly options: ReadonlyMap<string, unknown>;
}

export interface ProgramOptions {
  readonly version: string;
  readonly onCommand: (parsed: ParsedCommand) => void;
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/** The parser throws commander's `CommanderError` instead of ending the process. */
export function buildProgram(options: ProgramOptions): Command {
  const program = configure(new Command('forebay'), options);
  program
    .description('Forebay: an asynchronous LLM job router.')
    .version(options.version)
    .addHelpText('after', generalHelp());
  const groups = new Map<string, Command>([['', program]]);
  for (const spec of commandTable) {
    const words = spec.path.split(' ');
    const name = words.pop() ?? '';
    const parent = groupOf(words, { groups, program, options });
    parent.addCommand(buildCommand(name, spec, options));
  }
  return program;
}

interface Tree {
  readonly groups: Map<string, Command>;
  readonly program: Command;
  readonly options: ProgramOptions;
}

function groupOf(words: readonly string[], tree: Tree): Command {
  const path = words.join(' ');
  const known = tree.groups.get(path);
  if (known !== undefined) return known;
  const command = configure(new Command(words.at(-1)), tree.options);
  const group = command.description(commandGroups[path] ?? '');
  tree.groups.set(path, group);
  groupOf(words.slice(0, -1), tree).addCommand(group);
  return group;
}

function buildCommand(name: string, spec: CommandSpec, options: ProgramOptions): Command {
  const command = configure(new Command(name), options)
    .summary(spec.summary)
    .description([`${capitalised(spec.summary)}.`, ...(spec.notes ?? [])].join('\n\n'))
    .addHelpText('after', examplesText(spec));
  for (const argument of spec.arguments) {
    const text = argument.variadic === true ? `${argument.name}...` : argument.name;
    const built = new Argument(argument.required ? `<${text}>` : `[${text}]`, argument.description);
    command.addArgument(
      argument.choices === undefined ? built : built.choices([...argument.choices]),
    );
  }
  for (const option of optionsOf(spec)) command.addOption(buildOption(option));
  command.action(() => {
    options.onCommand({
      spec,
      arguments: command.args,
      options: new Map(
        optionsOf(spec).map((option) => [option.name, command.getOptionValue(keyOf(option))]),
      ),
    });
  });
  return command;
}

function configure(command: Command, { writeOut, writeError }: ProgramOptions): Command {
  return command
    .exitOverride()
    .configureOutput({
      writeOut,
      writeErr: writeError,
      outputError: (text, write) => write(text.replace(/^error:/, 'forebay:')),
    })
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .showSuggestionAfterError()
    .showHelpAfterError('(--help shows what there is)')
    .allowExcessArguments(false);
}

function buildOption(spec: OptionSpec): Option {
  const value = spec.value === undefined ? '' : ` <${spec.value}>`;
  const option = new Option(`--${spec.name}${value}`, spec.description);
  // A switch that begins with "no-" would otherwise stand for its opposite.
  option.attributeName = () => keyOf(spec);
  option.negate = false;
  if (spec.choices !== undefined) option.choices([...spec.choices]);
  const { expected } = spec;
  if (expected === undefined && spec.repeatable !== true) return option;
  return option.argParser((text: string, earlier: unknown) => {
    if (expected !== undefined && !expected.pattern.test(text)) {
      throw new InvalidArgumentError(`Expected ${expected.text}.`);
    }
    if (spec.repeatable !== true) return text;
    return [...(Array.isArray(earlier) ? earlier : []), text];
  });
}

function keyOf({ name }: OptionSpec): string {
  return name;
}

function examplesText({ examples }: CommandSpec): string {
  const lines = examples.map(({ command, explains }) => `  # ${explains}\n  ${command}\n`);
  return `\nExamples:\n${lines.join('\n')}`;
}

function generalHelp(): string {
  const codes = exitCodes.map(([code, text]) => `  ${String(code).padStart(3)}  ${text}`);
  return `
Commands that call the API take --url and --key, or FOREBAY_URL and FOREBAY_API_KEY. Results go to
standard output, words about them to standard error.

Exit codes:
${codes.join('\n')}

"forebay COMMAND --help" shows a command with examples.
`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
