// docs/cli.md, out of the table that the parser, the help and the shell completion are made from.

import { optionsOf } from '@forebay/cli/program/command-options';
import {
  type ArgumentSpec,
  type CommandSpec,
  exitCodes,
  type OptionSpec,
} from '@forebay/cli/program/command-spec';
import { commandTable } from '@forebay/cli/program/command-table';
import type { DocGenerator } from './doc-generator.ts';
import { code, markdownTable, pageHead } from './markdown.ts';

function usageOf({ path, arguments: args }: CommandSpec): string {
  const words = args.map(({ name, required, variadic }) => {
    const text = variadic === true ? `${name}...` : name;
    return required ? `<${text}>` : `[${text}]`;
  });
  return ['forebay', path, ...words, '[options]'].join(' ');
}

function meaningOf({ description, choices = [] }: ArgumentSpec | OptionSpec): string {
  return choices.length === 0 ? description : `${description}: ${choices.map(code).join(', ')}`;
}

/** Options of every command of the group are told once, at the top. */
function ownOptions(command: CommandSpec): readonly OptionSpec[] {
  return optionsOf(command).slice(0, command.options.length);
}

function optionText(option: OptionSpec): string {
  const { name, value, repeatable } = option;
  const text = code(value === undefined ? `--${name}` : `--${name} <${value}>`);
  return repeatable === true ? `${text}, may be repeated` : text;
}

function section(command: CommandSpec): string {
  const rows = [
    ...command.arguments.map((each) => [code(each.name), meaningOf(each)]),
    ...ownOptions(command).map((each) => [optionText(each), meaningOf(each)]),
  ];
  const summary = `${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.`;
  const examples = command.examples.map(({ command: line, explains }) => `# ${explains}\n${line}`);
  return [
    `## \`forebay ${command.path}\``,
    [summary, ...(command.notes ?? [])].join('\n\n'),
    `\`\`\`text\n${usageOf(command)}\n\`\`\``,
    ...(rows.length === 0 ? [] : [markdownTable(['Argument or option', 'Meaning'], rows)]),
    `\`\`\`sh\n${examples.join('\n\n')}\n\`\`\``,
  ].join('\n\n');
}

function sharedOptions(group: CommandSpec['group']): string {
  const command = commandTable.find((each) => each.group === group);
  const options = command === undefined ? [] : optionsOf(command).slice(command.options.length);
  const rows = options.map((each) => [optionText(each), meaningOf(each)]);
  return markdownTable(['Option', 'Meaning'], rows);
}

export const cliPage: DocGenerator = {
  file: 'docs/cli.md',
  generate: () =>
    `${pageHead('Command line', 'the command table')}
In a checkout, \`forebay\` is \`node packages/cli/dist/main.js\` once \`npm start\` or
\`npm run build\` has run. Results go to standard output, words about them to standard error, so
that a pipe gets only results. On a terminal long commands show how far they are; elsewhere they
write plain lines.

Commands that call the API need to know where it is and which key to use:

\`\`\`sh
export FOREBAY_URL=http://127.0.0.1:8080 FOREBAY_API_KEY=fb_live_…
\`\`\`

Every command but \`start\` takes the options from \`--json\` on; those before belong to the
commands that call the API:

${sharedOptions('caller')}

| Exit code | Means |
| --- | --- |
${exitCodes.map(([number, text]) => `| ${number} | ${text} |`).join('\n')}

Under \`--json\` a failure is a document too, on standard output:
\`{"error": {"code": …, "message": …}}\`.

${commandTable.map(section).join('\n\n')}
`,
};
