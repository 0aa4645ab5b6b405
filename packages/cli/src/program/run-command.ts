/** Runs an understood command line: terminal, interruption, errors, exit code. */
import type { EnvSource } from '@forebay/shared/config/read-env';
import { createTerminal } from '../terminal/terminal.ts';
import type { ParsedCommand } from './build-program.ts';
import { readOptionValues } from './command-input.ts';
import { describeError, errorDocument, exitCode, exitCodeOf } from './exit-code.ts';

/** @returns the exit code; what went wrong has been said. */
export async function runCommand(
  { spec, arguments: args, options: values }: ParsedCommand,
  environment: EnvSource,
): Promise<number> {
  const options = readOptionValues(values);
  const terminal = createTerminal({
    stdout: process.stdout,
    stderr: process.stderr,
    json: options.isOn('json'),
    quiet: options.isOn('quiet'),
    colours: !options.isOn('no-color') && (environment['NO_COLOR'] ?? '') === '',
  });
  const interruption = listenForInterruption();
  const { signal } = interruption;
  try {
    const run = await spec.load();
    return await run({ arguments: args, options, terminal, environment, signal });
  } catch (error) {
    if (signal.aborted) {
      terminal.complain('interrupted');
      return exitCode.interrupted;
    }
    for (const line of describeError(error)) terminal.complain(line);
    terminal.document(errorDocument(error));
    return exitCodeOf(error);
  } finally {
    interruption.end();
  }
}

/** The first Ctrl-C asks the command to end, a second one ends the process. */
function listenForInterruption() {
  const stopping = new AbortController();
  const onSignal = (): void => {
    if (stopping.signal.aborted) process.exit(exitCode.interrupted);
    stopping.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: stopping.signal,
    end() {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
