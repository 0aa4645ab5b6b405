/** The command line as a value. */
import { parseArgs } from 'node:util';
import { parseTenantId, type TenantId } from '@forebay/shared/domain/ids';

export interface StartOptions {
  /** Exit after the tour. */
  readonly once: boolean;
  readonly tour: boolean;
  /** A configuration of the user's own; no simulator and no tour then. */
  readonly configFile: string | undefined;
}

export type CommandLine =
  | { readonly kind: 'start'; readonly options: StartOptions }
  | { readonly kind: 'key-create'; readonly tenant: TenantId }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'wrong'; readonly message: string };

export const helpText = `Forebay: an asynchronous LLM job router.

  npm start                       run Redis, a simulated provider, the api and two workers here,
                                  run the tour, then keep serving; Ctrl-C drains and ends
  npm start -- --once             end after the tour; exit code 0 when all went as expected
  npm start -- --no-tour          only serve
  npm start -- --config FILE      serve your own configuration, without simulator and tour

  node packages/cli/dist/main.js key create --tenant NAME
                                  make an API key of a tenant and print it, this once; reads
                                  REDIS_URL, FOREBAY_NAMESPACE and FOREBAY_KEY_PEPPER, which must
                                  be the values that the api runs with

  --help  --version

Environment of start: PORT, ADMIN_PORT (free ones when unset), REDIS_URL (a server of its own
when unset), FOREBAY_DATA_DIR (.forebay when unset).
`;

const flags = {
  once: { type: 'boolean', default: false },
  'no-tour': { type: 'boolean', default: false },
  config: { type: 'string' },
  tenant: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', default: false },
} as const;

/** Reads the arguments after the program's name. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const parsed = tryParse(args);
  if (typeof parsed === 'string') return { kind: 'wrong', message: parsed };
  const { values, positionals } = parsed;
  if (values.help) return { kind: 'help' };
  if (values.version) return { kind: 'version' };
  const [command = 'start', ...rest] = positionals;
  if (command === 'key') return parseKey(rest, values);
  if (command !== 'start') {
    return wrong(`There is no command "${command}"; there are "start" and "key create".`);
  }
  if (rest.length > 0) return wrong(`"${rest.join(' ')}" is not expected after "start".`);
  if (values.tenant !== undefined) return wrong('--tenant belongs to "key create".');
  const tour = !values['no-tour'] && values.config === undefined;
  if (values.once && !tour) {
    return wrong('--once ends after the tour, which --no-tour and --config leave out.');
  }
  return { kind: 'start', options: { once: values.once, tour, configFile: values.config } };
}

type Values = Exclude<ReturnType<typeof tryParse>, string>['values'];

function parseKey(rest: readonly string[], values: Values): CommandLine {
  if (rest.length !== 1 || rest[0] !== 'create') return wrong('After "key" comes "create".');
  if (values.once || values['no-tour'] || values.config !== undefined) {
    return wrong('--once, --no-tour and --config belong to "start".');
  }
  if (values.tenant === undefined) return wrong('Name the tenant: key create --tenant NAME.');
  const tenant = parseTenantId(values.tenant);
  if (tenant !== undefined) return { kind: 'key-create', tenant };
  const form = '1 to 63 lower-case letters, digits and hyphens, no hyphen first';
  return wrong(`--tenant: expected ${form}, got "${values.tenant}".`);
}

function tryParse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: true, strict: true });
  } catch (error) {
    // An unknown flag or a missing value; Node's message names it.
    return error instanceof Error ? error.message : String(error);
  }
}

function wrong(message: string): CommandLine {
  return { kind: 'wrong', message };
}
