/** The secrets of the local mode: made on the first start, kept in the data folder, mode 600. */
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { isJsonObject } from '@forebay/shared/domain/json';
import { makeApiKey } from '@forebay/shared/keys/api-key';
import { newWebhookSecret } from '@forebay/shared/webhooks/webhook-secret';

export interface DevSecrets {
  /** API key of the tenant `dev`. */
  readonly key: string;
  /** Password of the admin listener. */
  readonly adminKey: string;
  /** Under which API keys are digested. */
  readonly pepper: string;
  readonly webhookSecret: string;
}

const fieldNames = ['key', 'adminKey', 'pepper', 'webhookSecret'] as const;
const pepperBytes = 32;

/**
 * Reads the secrets, making them first where there are none.
 *
 * @throws ForebayError `internal` when the file is damaged: new secrets would lock the owner out
 *   of what the old ones made, so that is the owner's decision.
 */
export function loadDevSecrets(dataDir: string): DevSecrets {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'keys.json');
  return readSecrets(file) ?? makeSecrets(file);
}

function readSecrets(file: string): DevSecrets | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const parsed = parseJson(text);
  const [key, adminKey, pepper, webhookSecret] = fieldNames.map((name) =>
    isJsonObject(parsed) ? parsed[name] : undefined,
  );
  if (
    typeof key === 'string' &&
    typeof adminKey === 'string' &&
    typeof pepper === 'string' &&
    typeof webhookSecret === 'string'
  ) {
    return { key, adminKey, pepper, webhookSecret };
  }
  throw new ForebayError(
    'internal',
    `${file} is damaged. Restore it, or remove it to start with new keys.`,
  );
}

/** Linked into place whole, so that two first starts at once agree on one set. */
function makeSecrets(file: string): DevSecrets {
  const secrets: DevSecrets = {
    key: makeApiKey('tenant', 'dev').text,
    adminKey: makeApiKey('admin', 'dev').text,
    pepper: randomBytes(pepperBytes).toString('base64url'),
    webhookSecret: newWebhookSecret(),
  };
  const temporary = `${file}.${process.pid}.part`;
  writeFileSync(temporary, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  try {
    linkSync(temporary, file);
    return secrets;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    return loadDevSecrets(join(file, '..'));
  } finally {
    rmSync(temporary, { force: true });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Reported by the caller as a damaged file, with the remedy.
    return undefined;
  }
}
