/** Makes the store know the key of the tenant `dev`, and refuses a store that would lose jobs. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { parseTenantId } from '@forebay/shared/domain/ids';
import { limits } from '@forebay/shared/domain/limits';
import { digestApiKey, parseApiKey } from '@forebay/shared/keys/api-key';
import { keyScopes } from '@forebay/shared/ports/key-store';
import { openStore } from '@forebay/shared/redis/open-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import type { DevSecrets } from './dev-secrets.ts';

const commandTimeoutMs = 5_000;

/**
 * Writes the key's digest; doing it at every start is harmless.
 *
 * @throws ForebayError `store_unavailable` when Redis is away, `internal` when its eviction
 *   policy is not `noeviction`.
 */
export async function registerDevKey(
  target: { readonly redisUrl: string; readonly namespace: string },
  secrets: DevSecrets,
): Promise<void> {
  const key = parseApiKey(secrets.key);
  const tenant = parseTenantId('dev');
  if (key === undefined || tenant === undefined) {
    throw new ForebayError('internal', 'The key in the data folder is damaged: see keys.json.');
  }
  const store = await openStore({
    connection: {
      url: target.redisUrl,
      name: 'cli',
      commandTimeoutMs,
      whenAway: 'fail',
      // Each command reports its own failure; the process ends right after.
      onError: () => {},
    },
    namespace: target.namespace,
    leaseMs: limits.leaseMs,
    ticketCheckMs: limits.ticketCheckMs,
  });
  try {
    await store.apiKeys.write({
      keyId: key.keyId,
      tenant,
      digest: digestApiKey(key.text, secrets.pepper),
      scopes: keyScopes,
      createdAtMs: systemClock.nowMs(),
    });
  } finally {
    await store.close();
  }
}
