import { CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { buildProgram, type ParsedCommand } from './build-program.ts';
import { readOptionValues } from './command-input.ts';
import { optionsOf } from './command-options.ts';
import { commandTable } from './command-table.ts';

type Parsed =
  | { readonly kind: 'command'; readonly command: ParsedCommand }
  | { readonly kind: 'text'; readonly text: string; readonly exitCode: number };

function parse(...args: readonly string[]): Parsed {
  let command: ParsedCommand | undefined;
  let text = '';
  const write = (more: string): void => {
    text += more;
  };
  const program = buildProgram({
    version: '1.2.3',
    onCommand: (found) => {
      command = found;
    },
    writeOut: write,
    writeError: write,
  });
  try {
    program.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: 'text', text, exitCode: error.exitCode };
  }
  if (command === undefined) throw new Error('neither a command nor a text');
  return { kind: 'command', command };
}

describe('the command line', () => {
  test('gives arguments and options to the command that they name', () => {
    const parsed = parse('submit', 'Hello', '--model', 'a', '--model', 'b', '--no-color', '--wait');
    expect(parsed).toMatchObject({ kind: 'command', command: { arguments: ['Hello'] } });
    if (parsed.kind !== 'command') return;
    expect(parsed.command.spec.path).toBe('submit');
    const options = readOptionValues(parsed.command.options);
    expect(options.all('model')).toEqual(['a', 'b']);
    expect(['no-color', 'wait', 'json'].map((name) => options.isOn(name))).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('finds commands of two words', () => {
    expect(parse('config', 'validate', 'a.yaml')).toMatchObject({
      command: { spec: { path: 'config validate' }, arguments: ['a.yaml'] },
    });
  });

  test.each([
    [['start', '--onse'], /--once/],
    [['serve'], /unknown command/],
    [['cancl'], /Did you mean cancel/],
    [['start', 'now'], /too many arguments/],
    [['start', '--config'], /argument missing/],
    [['start', '--tenant', 'acme'], /--tenant/],
    [['key', 'delete'], /unknown command/],
    [['watch'], /missing required argument/],
    [['submit', 'x', '--max-cost', 'much'], /US dollars/],
    [['submit', 'x', '--priority', 'soon'], /urgent/],
    [['completion', 'tcsh'], /Allowed choices/],
    [['bulk', 'x', '--on-error', 'panic'], /Allowed choices/],
  ])('refuses %j and says why', (args, message) => {
    const parsed = parse(...args);
    expect(parsed).toMatchObject({ kind: 'text', text: expect.stringMatching(message) });
    expect(parsed).not.toMatchObject({ exitCode: 0 });
  });

  test('shows help and version without an error', () => {
    expect(parse('--version')).toMatchObject({ text: '1.2.3\n', exitCode: 0 });
    expect(parse('--help')).toMatchObject({ exitCode: 0, text: expect.stringContaining('130') });
  });

  test.each(commandTable)('shows examples that can be typed, in the help of $path', (spec) => {
    const help = parse(...spec.path.split(' '), '--help');
    expect(spec.examples.length).toBeGreaterThan(0);
    for (const { command } of spec.examples) {
      expect(help).toMatchObject({ exitCode: 0, text: expect.stringContaining(command) });
      expect(unknownOptionsIn(command)).toEqual([]);
    }
  });
});

/** Options in an example that the command which they stand behind does not have. */
function unknownOptionsIn(example: string): readonly string[] {
  return example.split(/[|(<>)]/).flatMap((part) => {
    const words = part.trim().replace('npm start --', 'forebay start').split(/\s+/);
    if (words[0] !== 'forebay') return [];
    const spec = commandTable.find(({ path }) =>
      `${words.slice(1).join(' ')} `.startsWith(`${path} `),
    );
    const known = spec === undefined ? [] : optionsOf(spec).map(({ name }) => `--${name}`);
    return words.filter((word) => word.startsWith('--') && !known.includes(word));
  });
}
