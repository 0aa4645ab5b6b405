/** The only reader of `process.env`. Everything is read once, at start, into one frozen value. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { type EnvVariable, type EnvVariables, envVariables } from './env-variables.ts';
import { Secret } from './secret.ts';
import type { EnvLookup } from './yaml-source.ts';

export type EnvSource = Readonly<Record<string, string | undefined>>;

type ValueOf<Row> = Row extends EnvVariable<infer Value> ? Value : never;

/** Variables that have a value even when nobody sets them. */
type Defaulted =
  | 'redisUrl'
  | 'host'
  | 'port'
  | 'adminPort'
  | 'configPath'
  | 'dataDir'
  | 'namespace'
  | 'mode'
  | 'roles'
  | 'workerName'
  | 'adminUser'
  | 'apiUrl'
  | 'logLevel'
  | 'tracing'
  | 'shutdownGraceMs'
  | 'allowLoopbackWebhooks'
  | 'archiveAfterMs'
  | 'objectGraceMs'
  | 'leaseMs'
  | 'sweepIntervalMs'
  | 'ticketCheckMs';

type EnvValues = {
  readonly [Name in keyof EnvVariables]:
    | ValueOf<EnvVariables[Name]>
    | (Name extends Defaulted ? never : undefined);
};

export interface ForebayEnv extends EnvValues {
  /** Three renewals fit one lease, so that one lost reply does not cost it. */
  readonly leaseRenewalMs: number;
  /** Any variable, for `${NAME}` in the configuration; Forebay's own secrets are not given out. */
  readonly lookup: EnvLookup;
  /**
   * The key of a provider, from `name` or the file that `<name>_FILE` names. Only workers call
   * this. `undefined` when neither is set; throws when the file cannot be read.
   */
  readonly providerKey: (name: string) => Secret | undefined;
}

export interface EnvProblem {
  readonly name: string;
  /** Names the variable, what was expected, and (unless secret) what was there. */
  readonly message: string;
}

export type ReadEnvResult =
  | { readonly kind: 'ok'; readonly env: ForebayEnv }
  | { readonly kind: 'invalid'; readonly problems: readonly EnvProblem[] };

/** Reads and checks the environment; all problems are reported at once. */
export function readEnv(source: EnvSource = process.env): ReadEnvResult {
  const problems: EnvProblem[] = [];
  const values = Object.fromEntries(
    Object.entries<EnvVariable<unknown>>(envVariables).map(([key, variable]) => [
      key,
      readVariable(variable, source, problems),
    ]),
    // The table's rows say which value each key has; `Object.fromEntries` cannot carry that.
  ) as unknown as EnvValues;
  if (values.mode === 'production') problems.push(...localOnlyProblems(source));
  if (problems.length > 0) return { kind: 'invalid', problems };
  const sweepIntervalMs = sweepFor(values, source);
  if (typeof sweepIntervalMs !== 'number') {
    return { kind: 'invalid', problems: [sweepIntervalMs] };
  }
  const env: ForebayEnv = {
    ...values,
    sweepIntervalMs,
    workerName: values.workerName ?? `${safeHostname()}-${process.pid}`,
    leaseRenewalMs: Math.floor(values.leaseMs / 3),
    lookup: (name) => (isOwnSecret(name) ? undefined : source[name]),
    providerKey: (name) => readProviderKey(name, source),
  };
  return { kind: 'ok', env: Object.freeze(env) };
}

export type CallerEnv =
  | { readonly kind: 'ok'; readonly url: string; readonly apiKey: Secret | undefined }
  | { readonly kind: 'invalid'; readonly problems: readonly EnvProblem[] };

/** Reads only what a caller of the api needs: a wrong `PORT` is no reason not to call. */
export function readCallerEnv(source: EnvSource): CallerEnv {
  const problems: EnvProblem[] = [];
  const url = readVariable(envVariables.apiUrl, source, problems);
  const apiKey = readVariable(envVariables.apiKey, source, problems);
  if (problems.length > 0 || url === undefined) return { kind: 'invalid', problems };
  return { kind: 'ok', url, apiKey };
}

/** The whole environment of this process, to be handed on to child processes and nowhere else. */
export function inheritedEnv(): EnvSource {
  return { ...process.env };
}

function readVariable<Value>(
  variable: EnvVariable<Value>,
  source: EnvSource,
  problems: EnvProblem[],
): Value | undefined {
  const { name, expected } = variable;
  const report = (got: string): undefined => {
    problems.push({ name, message: `${name}: expected ${expected}, got ${got}` });
    return undefined;
  };
  const text: SecretText = variable.secret
    ? readSecretText(name, source)
    : { kind: 'text', text: source[name] };
  if (text.kind === 'unreadable') return report(text.text);
  // An empty variable counts as unset: compose files and CI systems set them so.
  const given = text.text === undefined || text.text === '' ? variable.fallback : text.text;
  if (given === undefined) return undefined;
  const value = variable.parse(given);
  if (value !== undefined) return value;
  return report(variable.secret ? `${given.length} characters (not shown)` : `"${given}"`);
}

type SecretText =
  | { readonly kind: 'text'; readonly text: string | undefined }
  | { readonly kind: 'unreadable'; readonly text: string };

function readSecretText(name: string, source: EnvSource): SecretText {
  const path = source[`${name}_FILE`];
  const text = source[name];
  if (path === undefined || path === '') return { kind: 'text', text };
  if (text !== undefined && text !== '') {
    return { kind: 'unreadable', text: `both ${name} and ${name}_FILE; set one of them` };
  }
  try {
    // Editors and secret stores end files with a line break that is not part of the secret.
    return { kind: 'text', text: readFileSync(path, 'utf8').replace(/\r?\n$/, '') };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'unreadable', text: `${name}_FILE=${path}, which cannot be read (${why})` };
  }
}

/**
 * A sweep must be much more frequent than leases end, else each of its own pauses would look like
 * an outage (S7). Only a shortened lease needs this; the default sweep follows it.
 */
function sweepFor({ leaseMs, sweepIntervalMs }: EnvValues, source: EnvSource): number | EnvProblem {
  const mostMs = Math.floor(leaseMs / 4);
  if (sweepIntervalMs <= mostMs) return sweepIntervalMs;
  const { name } = envVariables.sweepIntervalMs;
  if ((source[name] ?? '') === '') return mostMs;
  const expected = `at most a quarter of FOREBAY_LEASE_MS (${mostMs})`;
  return { name, message: `${name}: expected ${expected}, got "${sweepIntervalMs}"` };
}

function localOnlyProblems(source: EnvSource): readonly EnvProblem[] {
  return Object.values<EnvVariable<unknown>>(envVariables)
    .filter(({ name, localOnly }) => localOnly && (source[name] ?? '') !== '')
    .map(({ name }) => ({
      name,
      message: `${name}: expected to be unset unless FOREBAY_MODE is local or test, got a value`,
    }));
}

function readProviderKey(name: string, source: EnvSource): Secret | undefined {
  const read = readSecretText(name, source);
  if (read.kind === 'unreadable') throw new Error(`${name}: ${read.text}`);
  return read.text === undefined || read.text === '' ? undefined : new Secret(read.text);
}

function isOwnSecret(name: string): boolean {
  return Object.values<EnvVariable<unknown>>(envVariables).some(
    (variable) => variable.secret && name.startsWith(variable.name),
  );
}

/** Host names may hold characters that worker names must not. */
function safeHostname(): string {
  return hostname()
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 80);
}
