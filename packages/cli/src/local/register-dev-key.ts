/** Makes the store know the key of the tenant `dev`, at every start of the local mode. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { parseTenantId } from '@forebay/shared/domain/ids';
import { parseApiKey } from '@forebay/shared/keys/api-key';
import { registerApiKey } from '../keys/register-api-key.ts';
import type { DevSecrets } from './dev-secrets.ts';

/** @throws ForebayError `internal` when the kept key is damaged, or as `registerApiKey`. */
export async function registerDevKey(
  target: { readonly redisUrl: string; readonly namespace: string },
  secrets: DevSecrets,
): Promise<void> {
  const key = parseApiKey(secrets.key);
  const tenant = parseTenantId('dev');
  if (key === undefined || tenant === undefined) {
    throw new ForebayError('internal', 'The key in the data folder is damaged: see keys.json.');
  }
  await registerApiKey(target, { key, tenant, pepper: secrets.pepper });
}
