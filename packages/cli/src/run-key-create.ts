/**
 * `forebay key create`: makes a tenant's key in the store of the environment and shows it once.
 * The key goes to standard output alone, so that a script can take it; words go beside it.
 */
import { parseTenantId, type TenantId } from '@forebay/shared/domain/ids';
import { makeApiKey } from '@forebay/shared/keys/api-key';
import { registerApiKey } from './keys/register-api-key.ts';
import type { CommandInput } from './program/command-input.ts';
import { exitCode } from './program/exit-code.ts';
import { readSettings } from './program/read-settings.ts';
import { UsageError } from './program/usage-error.ts';

/** Keys of the local mode say `dev` in this place. */
const environment = 'live';

/** @throws UsageError without a tenant or a pepper; ForebayError as `registerApiKey`. */
export async function runKeyCreate(input: CommandInput): Promise<number> {
  const { options, terminal } = input;
  const tenant = readTenant(options.text('tenant'));
  const env = readSettings(input.environment);
  const pepper = env.keyPepper?.reveal();
  if (pepper === undefined) {
    throw new UsageError(
      'FOREBAY_KEY_PEPPER: expected the value that the api runs with; got none.',
    );
  }
  const key = makeApiKey('tenant', environment);
  // First stored, then shown: a key that somebody has seen works.
  await registerApiKey(env, { key, tenant, pepper });
  terminal.note(
    `made key ${key.keyId} of tenant ${tenant}; it is shown this once, the store has only its ` +
      'digest',
  );
  terminal.out(`${key.text}\n`);
  terminal.document({ key: key.text, key_id: key.keyId, tenant });
  return exitCode.done;
}

function readTenant(text: string | undefined): TenantId {
  if (text === undefined) throw new UsageError('Name the tenant: key create --tenant NAME.');
  const tenant = parseTenantId(text);
  if (tenant !== undefined) return tenant;
  const form = '1 to 63 lower-case letters, digits and hyphens, no hyphen first';
  throw new UsageError(`--tenant: expected ${form}, got "${text}".`);
}
