/**
 * One command of `forebay` inside the test's own process: its parser, its code, its exit code, and
 * what it wrote. For commands that need no process of their own; starting one takes a second.
 */
import { buildProgram, type ParsedCommand } from '@forebay/cli/program/build-program';
import { readOptionValues } from '@forebay/cli/program/command-input';
import { describeError, errorDocument, exitCodeOf } from '@forebay/cli/program/exit-code';
import { createTerminal } from '@forebay/cli/terminal/terminal';
import type { EnvSource } from '@forebay/shared/config/read-env';
import type { CliRun } from './run-cli.ts';

export async function runCommandHere(args: readonly string[], env: EnvSource): Promise<CliRun> {
  const texts = { stdout: '', stderr: '' };
  const writerTo = (name: keyof typeof texts) => (text: string) => {
    texts[name] += text;
  };
  let parsed: ParsedCommand | undefined;
  const program = buildProgram({
    version: 'test',
    onCommand: (command) => {
      parsed = command;
    },
    writeOut: writerTo('stdout'),
    writeError: writerTo('stderr'),
  });
  try {
    program.parse([...args], { from: 'user' });
  } catch {
    // The parser has written what is wrong.
    return { code: 2, ...texts };
  }
  if (parsed === undefined) throw new Error('the parser gave no command');
  const options = readOptionValues(parsed.options);
  const terminal = createTerminal({
    stdout: { write: writerTo('stdout') },
    stderr: { write: writerTo('stderr') },
    json: options.isOn('json'),
    quiet: false,
    colours: false,
  });
  const { signal } = new AbortController();
  const input = { arguments: parsed.arguments, options, terminal, environment: env, signal };
  try {
    const run = await parsed.spec.load();
    return { code: await run(input), ...texts };
  } catch (error) {
    for (const line of describeError(error)) terminal.complain(line);
    terminal.document(errorDocument(error));
    return { code: exitCodeOf(error), ...texts };
  }
}
