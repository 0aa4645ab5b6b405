/** API keys in Redis: one hash per key id, holding the digest and never the key. */
import { parseTenantId } from '../domain/ids.ts';
import { type KeyScope, type KeyStore, keyScopes, type StoredKey } from '../ports/key-store.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { asStoreError } from './script-runner.ts';

export interface KeyStoreDeps {
  readonly client: RedisClient;
  readonly keys: StoreKeys;
}

export function createKeyStore({ client, keys }: KeyStoreDeps): KeyStore {
  return {
    async read(keyId) {
      try {
        return decodeKey(keyId, await client.hgetall(keys.apiKey(keyId)));
      } catch (error) {
        throw asStoreError(error);
      }
    },
    async write(key) {
      try {
        await client.hset(keys.apiKey(key.keyId), {
          tenant: key.tenant,
          digest: key.digest,
          scopes: key.scopes.join(' '),
          created: String(key.createdAtMs),
        });
      } catch (error) {
        throw asStoreError(error);
      }
    },
  };
}

/** A key whose record cannot be read opens nothing. */
function decodeKey(keyId: string, fields: Record<string, string>): StoredKey | undefined {
  const tenant = parseTenantId(fields['tenant'] ?? '');
  const digest = fields['digest'];
  if (tenant === undefined || digest === undefined) return undefined;
  const names = (fields['scopes'] ?? '').split(' ');
  const scopes = keyScopes.filter((scope): scope is KeyScope => names.includes(scope));
  return { keyId, tenant, digest, scopes, createdAtMs: Number(fields['created'] ?? 0) };
}
