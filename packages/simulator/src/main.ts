/** The simulator as a process. See README.md for what it does. */
import { parseArgs } from 'node:util';
import { ScenarioError } from './scenario/parse-scenario.ts';
import { type SimulatorOptions, startSimulator } from './simulator.ts';

const USAGE =
  'usage: main.js [--port N] [--host HOST] [--sink-port N] [--scenario FILE] [--seed N] ' +
  '[--bill FILE]\n';

/** Thrown for arguments that make no sense. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

async function main(): Promise<void> {
  const simulator = await startSimulator(readOptions(process.argv.slice(2)));
  process.stdout.write(`simulator ready url=${simulator.url} sink=${simulator.sinkUrl}\n`);
  const stop = () => {
    void simulator.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function readOptions(args: string[]): SimulatorOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      port: text,
      host: text,
      scenario: text,
      seed: text,
      bill: text,
      'sink-port': text,
    },
  });
  const options: SimulatorOptions = {
    port: readNumber('port', values.port ?? '0', 65_535),
    sinkPort: readNumber('sink-port', values['sink-port'] ?? '0', 65_535),
    seed: readNumber('seed', values.seed ?? '1', Number.MAX_SAFE_INTEGER),
  };
  if (values.host !== undefined) options.host = values.host;
  if (values.scenario !== undefined) options.scenarioFile = values.scenario;
  if (values.bill !== undefined) options.billFile = values.bill;
  return options;
}

function readNumber(name: string, text: string, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= max) return value;
  throw new UsageError(`--${name} expects a whole number up to ${max}, not ${text}`);
}

main().catch((error: unknown) => {
  const expected = error instanceof ScenarioError || error instanceof UsageError;
  const text = error instanceof Error ? (expected ? error.message : error.stack) : String(error);
  process.stderr.write(`simulator: ${text}\n${error instanceof UsageError ? USAGE : ''}`);
  process.exitCode = 1;
});
