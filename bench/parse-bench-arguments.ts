/** The command line of `npm run bench` as a value. */
import { parseArgs } from 'node:util';
import { scenarios } from './scenarios.ts';
import type { SideName } from './sides/side.ts';
import type { AppendFsync } from './stage/open-stage.ts';

export interface BenchOptions {
  readonly names: readonly string[];
  readonly appendfsync: readonly AppendFsync[];
  readonly repetitions: number;
  readonly sides: readonly SideName[];
  /** One small iteration of each scenario that writes nothing: does the bench still run? */
  readonly smoke: boolean;
  /** Absolute or relative to the working folder. */
  readonly profileDir: string | undefined;
}

export type BenchArguments =
  | { readonly kind: 'run'; readonly options: BenchOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

export const benchHelp = `npm run bench [-- SCENARIO ...]   measures, and writes bench/results/

Scenarios (all but depth-1m when none is named):
${scenarios.map(({ name, title }) => `  ${name.padEnd(14)} ${title}`).join('\n')}

  --aof everysec|always   only with this setting of the append-only file (default: both)
  --side bare|forebay     only this side; there are no ratios then, and nothing is written
  --repetitions N         runs of each side, in turns (default 3)
  --profile FOLDER        processes write their CPU profiles there; nothing else is written
  --smoke                 one small run of each, in seconds; nothing is written
  --help
`;

const flags = {
  aof: { type: 'string' },
  side: { type: 'string' },
  repetitions: { type: 'string', default: '3' },
  profile: { type: 'string' },
  smoke: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const fsyncs: readonly AppendFsync[] = ['everysec', 'always'];
const sideNames: readonly SideName[] = ['bare', 'forebay'];
const repetitionsMax = 99;

const usual = scenarios
  .filter((scenario) => scenario.kind !== 'depth' || !scenario.onlyByName)
  .map(({ name }) => name);

/** Reads the arguments after the program's name. */
export function parseBenchArguments(args: readonly string[]): BenchArguments {
  const parsed = tryParse(args);
  if (typeof parsed === 'string') return wrong(parsed);
  const { values, positionals } = parsed;
  if (values.help) return { kind: 'help' };
  const known = scenarios.map(({ name }) => name);
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    return wrong(`There is no scenario "${unknown}"; there are ${known.join(', ')}.`);
  }
  const appendfsync = choose(fsyncs, values.aof);
  if (appendfsync.length === 0) return wrong(`--aof: expected everysec or always.`);
  const sides = choose(sideNames, values.side);
  if (sides.length === 0) return wrong(`--side: expected bare or forebay.`);
  const repetitions = Number(values.repetitions);
  if (!Number.isInteger(repetitions) || repetitions < 1 || repetitions > repetitionsMax) {
    return wrong(`--repetitions: expected a whole number from 1 to ${repetitionsMax}.`);
  }
  const names = positionals.length === 0 ? usual : positionals;
  const { smoke, profile: profileDir } = values;
  return { kind: 'run', options: { names, appendfsync, repetitions, sides, smoke, profileDir } };
}

/** All when nothing is wanted; nothing when what is wanted does not exist. */
function choose<Choice extends string>(
  choices: readonly Choice[],
  wanted: string | undefined,
): readonly Choice[] {
  return wanted === undefined ? choices : choices.filter((choice) => choice === wanted);
}

function tryParse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: true, strict: true });
  } catch (error) {
    // An unknown flag or a missing value; Node's message names it.
    return error instanceof Error ? error.message : String(error);
  }
}

function wrong(message: string): BenchArguments {
  return { kind: 'wrong', message };
}
