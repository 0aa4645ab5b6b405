#!/usr/bin/env node
/** The command line of Forebay: reads the arguments, runs the command, sets the exit code. */
import { readFileSync } from 'node:fs';
import {
  type EnvSource,
  type ForebayEnv,
  inheritedEnv,
  readEnv,
} from '@forebay/shared/config/read-env';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { keepAlive } from './local/keep-alive.ts';
import { helpText, parseCommandLine } from './parse-command-line.ts';
import { runKeyCreate } from './run-key-create.ts';
import { runStart } from './run-start.ts';

/** Exit codes: 0 as expected, 1 not so, 2 wrong arguments or settings. */
const wrongUse = 2;

async function main(args: readonly string[]): Promise<number> {
  const command = parseCommandLine(args);
  switch (command.kind) {
    case 'help':
      process.stdout.write(helpText);
      return 0;
    case 'version':
      process.stdout.write(`${versionText()}\n`);
      return 0;
    case 'wrong':
      process.stderr.write(`forebay: ${command.message}\n\n${helpText}`);
      return wrongUse;
    case 'start': {
      const inherited = localEnvironment();
      const env = readSettings(inherited);
      return env === undefined ? wrongUse : runStart({ options: command.options, env, inherited });
    }
    case 'key-create': {
      const env = readSettings(inheritedEnv());
      if (env === undefined) return wrongUse;
      await runKeyCreate(env, command.tenant);
      return 0;
    }
  }
}

/** `undefined` when they are wrong, which has been reported then. */
function readSettings(source: EnvSource): ForebayEnv | undefined {
  const read = readEnv(source);
  if (read.kind === 'ok') return read.env;
  for (const { message } of read.problems) process.stderr.write(`forebay: ${message}\n`);
  return undefined;
}

/** `start` is the local mode, unless its user says otherwise. */
function localEnvironment(): EnvSource {
  const inherited = inheritedEnv();
  const mode = inherited['FOREBAY_MODE'] ?? '';
  return { ...inherited, FOREBAY_MODE: mode === '' ? 'local' : mode };
}

function versionText(): string {
  const manifest = new URL('../package.json', import.meta.url);
  // The manifest is our own; npm itself refuses one without a version.
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return version;
}

const alive = keepAlive();
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // Expected failures say what to do; anything else is a mistake of ours and shows where.
  const text = ForebayError.is(error) ? error.message : String((error as Error)?.stack ?? error);
  process.stderr.write(`forebay: ${text}\n`);
  process.exitCode = 1;
} finally {
  alive.end();
}
