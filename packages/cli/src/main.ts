#!/usr/bin/env node
/** The command line of Forebay: reads the arguments, runs the command, sets the exit code. */
import { readFileSync } from 'node:fs';
import { inheritedEnv } from '@forebay/shared/config/read-env';
import { CommanderError } from 'commander';
import { keepAlive } from './local/keep-alive.ts';
import { buildProgram, type ParsedCommand } from './program/build-program.ts';
import { exitCode } from './program/exit-code.ts';
import { runCommand } from './program/run-command.ts';

async function main(args: readonly string[]): Promise<number> {
  let parsed: ParsedCommand | undefined;
  const program = buildProgram({
    version: versionText(),
    onCommand: (command) => {
      parsed = command;
    },
    writeOut: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
  });
  if (args.length === 0) {
    program.outputHelp();
    return exitCode.done;
  }
  try {
    program.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // The parser has said what is wrong. Help and version were asked for.
    return error.exitCode === 0 ? exitCode.done : exitCode.wrongUse;
  }
  if (parsed === undefined) return exitCode.wrongUse;
  return runCommand(parsed, inheritedEnv());
}

function versionText(): string {
  const manifest = new URL('../package.json', import.meta.url);
  // The manifest is our own; npm itself refuses one without a version.
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return version;
}

const alive = keepAlive();
// A reader that has had enough, such as `head`, ends the command and is no mistake.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? exitCode.done : exitCode.notAsExpected);
});
try {
  process.exitCode = await main(process.argv.slice(2));
} finally {
  alive.end();
}
