/**
 * Every environment variable that Forebay reads, as a table: `.env.example` and
 * `docs/configuration.md` are generated from it. Keys of providers are not in here; the
 * configuration file names their variables.
 */
import { limits } from '../domain/limits.ts';
import { type Network, parseNetwork } from '../domain/network.ts';
import { type ArmedCrash, parseArmedCrash } from '../runtime/crash-point.ts';
import { Secret } from './secret.ts';
import { isPrivateKeyText, splitPublicKeys } from './signing-key-text.ts';

export const forebayModes = ['production', 'local', 'test'] as const;

/** `production` refuses whatever serves trials and tests only. */
export type ForebayMode = (typeof forebayModes)[number];

export const workerRoles = ['pool', 'dispatcher', 'webhooks'] as const;

export type WorkerRole = (typeof workerRoles)[number];

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export type LogLevel = (typeof logLevels)[number];

export const tracingModes = ['off', 'otlp'] as const;

export type TracingMode = (typeof tracingModes)[number];

/** One variable: how it is explained, and how its text becomes a value. */
export interface EnvVariable<Value> {
  readonly name: string;
  readonly description: string;
  /** The text that stands in when it is not set; `undefined` leaves it unset. */
  readonly fallback: string | undefined;
  /** What the text should be, for messages. */
  readonly expected: string;
  /** `undefined` when the text is not as expected. */
  readonly parse: (text: string) => Value | undefined;
  /** Never shown in messages; `<NAME>_FILE` may name a file that holds it. */
  readonly secret: boolean;
  /** Refused in production. */
  readonly localOnly: boolean;
}

type Row<Value> = Partial<EnvVariable<Value>> &
  Pick<EnvVariable<Value>, 'name' | 'description' | 'expected' | 'parse'>;

function variable<Value>(row: Row<Value>): EnvVariable<Value> {
  return { fallback: undefined, secret: false, localOnly: false, ...row };
}

function text(name: string, description: string, fallback: string): EnvVariable<string> {
  const parse = (value: string) => (value.trim() === '' ? undefined : value);
  return variable({ name, description, fallback, expected: 'a text', parse });
}

function pattern(row: Omit<Row<string>, 'parse'> & { pattern: RegExp }): EnvVariable<string> {
  const parse = (value: string) => (row.pattern.test(value) ? value : undefined);
  return variable({ ...row, parse });
}

interface WholeRow extends Omit<Row<number>, 'parse' | 'expected'> {
  readonly min: number;
  readonly max: number;
}

function whole({ min, max, ...row }: WholeRow): EnvVariable<number> {
  return variable({
    ...row,
    expected: `a whole number from ${min} to ${max}`,
    parse: (value) => {
      const number = Number(value);
      return /^\d{1,12}$/.test(value) && number >= min && number <= max ? number : undefined;
    },
  });
}

function flag(name: string, description: string): EnvVariable<boolean> {
  const values: ReadonlyMap<string, boolean> = new Map([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
  ]);
  const expected = 'true or false';
  return variable({ name, description, expected, fallback: 'false', parse: (v) => values.get(v) });
}

interface ChoiceRow<Choice extends string> extends Omit<Row<Choice>, 'parse' | 'expected'> {
  readonly choices: readonly Choice[];
}

function choice<Choice extends string>(row: ChoiceRow<Choice>): EnvVariable<Choice> {
  const expected = `one of ${row.choices.join(', ')}`;
  return variable({ ...row, expected, parse: (v) => row.choices.find((each) => each === v) });
}

function secret(row: Omit<Row<Secret>, 'parse'> & { pattern: RegExp }): EnvVariable<Secret> {
  const parse = (value: string) => (row.pattern.test(value) ? new Secret(value) : undefined);
  return variable({ ...row, secret: true, parse });
}

function parseRoles(value: string): readonly WorkerRole[] | undefined {
  const names = value.split(',').map((name) => name.trim());
  const roles = workerRoles.filter((role) => names.includes(role));
  return roles.length > 0 && roles.length === new Set(names).size ? roles : undefined;
}

function parseNetworks(value: string): readonly Network[] | undefined {
  const texts = value.split(',').map((text) => text.trim());
  const networks = texts.flatMap((text) => parseNetwork(text) ?? []);
  return networks.length === texts.length ? networks : undefined;
}

/** As it begins a link: without a slash at its end. */
function parsePublicUrl(value: string): string | undefined {
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  const extras = url.username + url.password + url.search + url.hash;
  return extras === '' ? url.href.replace(/\/+$/, '') : undefined;
}

const dayMs = 24 * 60 * 60 * 1_000;
const portMax = 65_535;

export const envVariables = {
  redisUrl: pattern({
    name: 'REDIS_URL',
    description: 'The store: redis:// or rediss://, a single server or any node of a cluster.',
    fallback: 'redis://127.0.0.1:6379',
    expected: 'a URL that begins with redis:// or rediss://',
    pattern: /^rediss?:\/\/\S+$/,
    // It may hold a password.
    secret: true,
  }),
  host: text('HOST', 'Address that the listeners bind.', '127.0.0.1'),
  port: whole({
    name: 'PORT',
    description: 'Port of the public listener; 0 takes a free one.',
    fallback: '8080',
    min: 0,
    max: portMax,
  }),
  adminPort: whole({
    name: 'ADMIN_PORT',
    description: 'Port of the admin listener (Bull Board, metrics); 0 takes a free one.',
    fallback: '8081',
    min: 0,
    max: portMax,
  }),
  workerMetricsPort: whole({
    name: 'WORKER_METRICS_PORT',
    description:
      'Port on which a worker answers /healthz, /readyz and /metrics; 0 takes a free one. None: ' +
      'it listens nowhere.',
    min: 0,
    max: portMax,
  }),
  publicUrl: variable<string>({
    name: 'FOREBAY_PUBLIC_URL',
    description:
      'Where callers reach the api: begins the links in webhooks, and webhooks never go there. ' +
      'None: links are bare paths.',
    expected: 'an http or https URL without credentials, query or fragment',
    parse: parsePublicUrl,
  }),
  trustedProxies: variable<readonly Network[]>({
    name: 'FOREBAY_TRUSTED_PROXIES',
    description:
      'Networks of the proxies before the api, separated by commas: what they write into ' +
      'X-Forwarded-For tells where a request comes from. None: only the connection tells.',
    expected: 'networks such as 10.0.0.0/8 or ::1, separated by commas',
    parse: parseNetworks,
  }),
  configPath: text('FOREBAY_CONFIG', 'The configuration file.', 'forebay.yaml'),
  dataDir: text('FOREBAY_DATA_DIR', 'Folder for journals, objects and local keys.', '.forebay'),
  namespace: pattern({
    name: 'FOREBAY_NAMESPACE',
    description: 'Begins every key in the store, so that several installations can share it.',
    fallback: 'fb',
    expected: '1 to 32 lower-case letters, digits and hyphens',
    pattern: /^[a-z0-9-]{1,32}$/,
  }),
  mode: choice<ForebayMode>({
    name: 'FOREBAY_MODE',
    description: 'production refuses settings that serve trials and tests only.',
    fallback: 'production',
    choices: forebayModes,
  }),
  roles: variable<readonly WorkerRole[]>({
    name: 'FOREBAY_ROLES',
    description: 'What a worker process does, separated by commas.',
    fallback: workerRoles.join(','),
    expected: `some of ${workerRoles.join(', ')}, separated by commas`,
    parse: parseRoles,
  }),
  poolModels: variable<readonly string[]>({
    name: 'FOREBAY_POOL_MODELS',
    description: 'Models that this worker serves, separated by commas. None: all.',
    expected: 'names of models, separated by commas',
    parse: (value) => value.split(',').map((name) => name.trim()),
  }),
  workerName: pattern({
    name: 'FOREBAY_WORKER_NAME',
    description: 'Name of this worker in records and logs. None: host name and process id.',
    expected: '1 to 100 letters, digits and . _ -',
    pattern: /^[A-Za-z0-9._-]{1,100}$/,
  }),
  keyPepper: secret({
    name: 'FOREBAY_KEY_PEPPER',
    description: 'Secret under which API keys are digested; changing it ends every key.',
    expected: 'at least 32 characters',
    pattern: /^.{32,}$/,
  }),
  adminUser: pattern({
    name: 'FOREBAY_ADMIN_USER',
    description: 'User name of the admin listener.',
    fallback: 'admin',
    expected: '1 to 64 letters, digits and . _ -',
    pattern: /^[A-Za-z0-9._-]{1,64}$/,
  }),
  adminKey: secret({
    name: 'FOREBAY_ADMIN_KEY',
    description: 'Password of the admin listener.',
    expected: 'at least 16 characters',
    pattern: /^.{16,}$/,
  }),
  webhookSecret: secret({
    name: 'FOREBAY_WEBHOOK_SECRET',
    description:
      'Signs webhooks to URLs that jobs name, and seals the secrets of registered endpoints. The ' +
      'same for the api and the workers.',
    expected: 'whsec_ and 24 to 64 bytes in base64',
    pattern: /^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/,
  }),
  signingKey: variable<Secret>({
    name: 'FOREBAY_SIGNING_KEY',
    description: 'Signs spend certificates. None: the api issues none.',
    expected: 'an ed25519 private key, PKCS#8 in PEM',
    parse: (value) => (isPrivateKeyText(value) ? new Secret(value) : undefined),
    secret: true,
  }),
  oldSigningKeys: variable<readonly string[]>({
    name: 'FOREBAY_OLD_SIGNING_KEYS',
    description:
      'Public keys that signed spend certificates before, one after another. They stay published.',
    expected: 'ed25519 public keys in PEM',
    parse: splitPublicKeys,
    // Not secret, but mostly a file.
    secret: true,
  }),
  apiUrl: variable<string>({
    name: 'FOREBAY_URL',
    description: 'Where the commands that call the api find it; for callers only.',
    fallback: 'http://127.0.0.1:8080',
    expected: 'an http or https URL without credentials, query or fragment',
    parse: parsePublicUrl,
  }),
  apiKey: secret({
    name: 'FOREBAY_API_KEY',
    description: 'The API key of the commands that call the api; for callers only.',
    expected: 'the text of a key, such as fb_live_…',
    pattern: /^[\x21-\x7e]{1,200}$/,
  }),
  logLevel: choice<LogLevel>({
    name: 'LOG_LEVEL',
    description: 'What is logged.',
    fallback: 'info',
    choices: logLevels,
  }),
  tracing: choice<TracingMode>({
    name: 'FOREBAY_TRACING',
    description:
      'otlp sends traces over OTLP/HTTP, as the OTEL_* variables of the OpenTelemetry SDK say.',
    fallback: 'off',
    choices: tracingModes,
  }),
  shutdownGraceMs: whole({
    name: 'FOREBAY_SHUTDOWN_GRACE_MS',
    description: 'How long running calls may go on after a request to stop, in milliseconds.',
    fallback: '25000',
    min: 0,
    max: dayMs,
  }),
  allowLoopbackWebhooks: {
    ...flag(
      'FOREBAY_ALLOW_LOOPBACK_WEBHOOKS',
      'Lets webhooks reach this machine, over http and on any port.',
    ),
    localOnly: true,
  },
  archiveAfterMs: whole({
    name: 'FOREBAY_ARCHIVE_AFTER_MS',
    description:
      'How long an ended job stays in Redis before its record moves to the data folder, in ' +
      'milliseconds. Reading it is the same before and after.',
    fallback: String(limits.archiveAfterMs),
    min: 0,
    max: limits.retentionMs - dayMs,
  }),
  objectGraceMs: whole({
    name: 'FOREBAY_OBJECT_GRACE_MS',
    description:
      'How old a large prompt or answer in the data folder must be before it can be deleted, ' +
      'because no job refers to it, in milliseconds.',
    fallback: String(limits.objectGraceMs),
    min: limits.objectGraceMsMin,
    max: 30 * dayMs,
  }),
  leaseMs: whole({
    name: 'FOREBAY_LEASE_MS',
    description: 'How long a worker owns a job without renewing, in milliseconds.',
    fallback: String(limits.leaseMs),
    min: 300,
    max: dayMs,
    localOnly: true,
  }),
  sweepIntervalMs: whole({
    name: 'FOREBAY_SWEEP_MS',
    description: "Period of the dispatcher's sweeps, in milliseconds.",
    fallback: String(limits.sweepIntervalMs),
    min: 10,
    max: dayMs,
    localOnly: true,
  }),
  ticketCheckMs: whole({
    name: 'FOREBAY_TICKET_CHECK_MS',
    description: 'How long a waiting job goes without a look at its ticket, in milliseconds.',
    fallback: String(limits.ticketCheckMs),
    min: 50,
    max: dayMs,
    localOnly: true,
  }),
  crashAt: variable<ArmedCrash>({
    name: 'FOREBAY_CRASH_AT',
    description: 'Where this process dies as by kill -9, for fault proofs: a point, or point:n.',
    expected: 'a crash point such as worker.after-claim or worker.after-claim:3',
    parse: parseArmedCrash,
    localOnly: true,
  }),
} as const;

export type EnvVariables = typeof envVariables;
