/** Checks of what the processes of an installation read at their start. */
import { readFileSync } from 'node:fs';
import { formatConfigProblem, loadConfig } from '@forebay/shared/config/load-config';
import { readerBeside } from '@forebay/shared/config/read-beside';
import type { ForebayEnv, ReadEnvResult } from '@forebay/shared/config/read-env';
import { retirementNotices } from '@forebay/shared/routing/retirements';
import { type Finding, ok, warning, wrong } from './finding.ts';

export function checkEnvironment(read: ReadEnvResult): Finding {
  if (read.kind === 'ok') return ok('every variable is as expected');
  const [first, ...others] = read.problems.map(({ message }) => message);
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return wrong(`${first}${more}`, 'Correct the variables; docs/configuration.md lists them.');
}

/** @param nowMs the clock of this machine, milliseconds since 1970 */
export function checkConfigFile({ configPath, lookup }: ForebayEnv, nowMs: number): Finding {
  let text: string;
  try {
    text = readFileSync(configPath, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return wrong(
      `${configPath} cannot be read (${why})`,
      'Set FOREBAY_CONFIG to the configuration; docs/configuration.md shows a small one.',
    );
  }
  const readBeside = readerBeside(configPath);
  const result = loadConfig({ path: configPath, text, env: lookup, readBeside });
  if (result.kind === 'loaded') {
    const { catalog } = result.config;
    const { models, routes } = catalog;
    const notices = retirementNotices(catalog, nowMs);
    return ok(
      [`${configPath}: ${models.size} models, ${routes.size} routes`, ...notices].join('; '),
    );
  }
  const [first] = result.problems.map(formatConfigProblem);
  const remedy = `See all of them with: forebay config validate ${configPath}`;
  return wrong(`${result.problems.length} problems, first ${first}`, remedy);
}

export function checkPepper({ keyPepper }: ForebayEnv): Finding {
  if (keyPepper !== undefined) return ok('FOREBAY_KEY_PEPPER is set');
  return wrong(
    'FOREBAY_KEY_PEPPER is not set, so no API key can be checked',
    'Set it to at least 32 random characters, the same for the api and for "key create".',
  );
}

export function checkSigningKey({ signingKey }: ForebayEnv): Finding {
  if (signingKey !== undefined) return ok('FOREBAY_SIGNING_KEY is set');
  return warning(
    'FOREBAY_SIGNING_KEY is not set, so the api issues no spend certificates',
    'If you want them: openssl genpkey -algorithm ed25519; give the api FOREBAY_SIGNING_KEY_FILE.',
  );
}

export function checkWebhookSecret({ webhookSecret }: ForebayEnv): Finding {
  if (webhookSecret !== undefined) return ok('FOREBAY_WEBHOOK_SECRET is set');
  return wrong(
    'FOREBAY_WEBHOOK_SECRET is not set, so the api does not start and webhooks cannot be signed',
    'Set it to whsec_ and 32 random bytes: printf "whsec_%s" "$(openssl rand -base64 32)"',
  );
}
