/** `forebay doctor`. */
import type { ForebayClient } from '@forebay/client';
import { readCallerEnv, readEnv } from '@forebay/shared/config/read-env';
import { systemClock } from '@forebay/shared/runtime/clock';
import { checkHealth, checkKey } from '../doctor/check-api.ts';
import { checkDataFolder, checkNode } from '../doctor/check-machine.ts';
import {
  checkConfigFile,
  checkEnvironment,
  checkPepper,
  checkSigningKey,
  checkWebhookSecret,
} from '../doctor/check-settings.ts';
import { checkShadows } from '../doctor/check-shadows.ts';
import { checkStore } from '../doctor/check-store.ts';
import type { NamedFinding } from '../doctor/finding.ts';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { UsageError } from '../program/usage-error.ts';
import { connect } from '../requests/connect.ts';
import type { Terminal } from '../terminal/terminal.ts';

export async function runDoctor(input: CommandInput): Promise<number> {
  const { options, terminal } = input;
  const part = options.text('only');
  const found: NamedFinding[] = [{ name: 'node', finding: checkNode(process.versions.node) }];
  const installation = part === 'caller' ? [] : await checkInstallation(input);
  const caller = part === 'installation' ? [] : await checkCaller(input);
  found.push(...installation, ...caller);
  const isWell = found.every(isFine);
  terminal.document({
    ok: isWell,
    checks: found.map(({ name, finding }) => ({ name, ...finding })),
  });
  print(terminal, found);
  if (!installation.every(isFine) && caller.length > 0 && caller.every(isFine)) {
    terminal.note('if this machine only calls the api, all is well: forebay doctor --only caller');
  }
  return isWell ? exitCode.done : exitCode.notAsExpected;
}

function isFine({ finding }: NamedFinding): boolean {
  return finding.status !== 'wrong';
}

async function checkInstallation({ environment }: CommandInput): Promise<readonly NamedFinding[]> {
  const read = readEnv(environment);
  const settings: NamedFinding = { name: 'environment', finding: checkEnvironment(read) };
  if (read.kind === 'invalid') return [settings];
  const { env } = read;
  return [
    settings,
    { name: 'configuration', finding: checkConfigFile(env, systemClock.nowMs()) },
    { name: 'data folder', finding: checkDataFolder(env.dataDir) },
    { name: 'key pepper', finding: checkPepper(env) },
    { name: 'webhook secret', finding: checkWebhookSecret(env) },
    { name: 'signing key', finding: checkSigningKey(env) },
    ...(await checkStore(env.redisUrl, () => systemClock.nowMs())),
    ...(await checkShadows(env)),
  ];
}

async function checkCaller(input: CommandInput): Promise<readonly NamedFinding[]> {
  const env = readCallerEnv(input.environment);
  const url = input.options.text('url') ?? (env.kind === 'ok' ? env.url : '');
  const findings = await checkHealth(url, () => systemClock.nowMs());
  return [...findings, { name: 'api key', finding: await checkKey(clientOf(input)) }];
}

/** `undefined` without a key, which is a finding here and no wrong use. */
function clientOf(input: CommandInput): ForebayClient | undefined {
  try {
    // A check tells what is, it does not wait for better times.
    return connect(input, { retries: 0 });
  } catch (error) {
    if (UsageError.is(error)) return undefined;
    throw error;
  }
}

function print(terminal: Terminal, found: readonly NamedFinding[]): void {
  const { colours } = terminal;
  const width = Math.max(...found.map(({ name }) => name.length));
  for (const { name, finding } of found) {
    const status = colours.status(finding.status.padEnd(7));
    terminal.out(`  ${status}  ${name.padEnd(width)}  ${finding.detail}\n`);
    if ('remedy' in finding) terminal.out(`${' '.repeat(width + 13)}${finding.remedy}\n`);
  }
}
