/**
 * `forebay key create`: makes a tenant's key in the store of the environment and shows it once.
 * The key goes to standard output alone, so that a script can take it; words go beside it.
 */
import type { ForebayEnv } from '@forebay/shared/config/read-env';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { TenantId } from '@forebay/shared/domain/ids';
import { makeApiKey } from '@forebay/shared/keys/api-key';
import { registerApiKey } from './keys/register-api-key.ts';

/** Keys of the local mode say `dev` in this place. */
const environment = 'live';

/** @throws ForebayError without a pepper, or as `registerApiKey`. */
export async function runKeyCreate(env: ForebayEnv, tenant: TenantId): Promise<void> {
  const pepper = env.keyPepper?.reveal();
  if (pepper === undefined) {
    const detail = 'FOREBAY_KEY_PEPPER: expected the value that the api runs with; got none.';
    throw new ForebayError('internal', detail);
  }
  const key = makeApiKey('tenant', environment);
  // First stored, then shown: a key that somebody has seen works.
  await registerApiKey(env, { key, tenant, pepper });
  process.stderr.write(
    `forebay: made key ${key.keyId} of tenant ${tenant}; it is shown this once, the store has ` +
      'only its digest\n',
  );
  process.stdout.write(`${key.text}\n`);
}
