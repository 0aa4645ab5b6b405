/** Operators' keys in Redis: one hash of all, because they are few; digests and never keys. */
import {
  type AdminKeyStore,
  type AdminScope,
  adminScopes,
  type StoredAdminKey,
} from '../ports/admin-key-store.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { askStore } from './script-runner.ts';

export interface AdminKeyStoreDeps {
  readonly client: RedisClient;
  readonly keys: Pick<StoreKeys, 'adminKeys'>;
}

export function createAdminKeyStore({ client, keys }: AdminKeyStoreDeps): AdminKeyStore {
  return {
    async list() {
      const texts = await askStore(() => client.hgetall(keys.adminKeys));
      return Object.entries(texts)
        .map(([keyId, text]) => decodeKey(keyId, text))
        .toSorted((left, right) => left.createdAtMs - right.createdAtMs);
    },
    async read(keyId) {
      const text = await askStore(() => client.hget(keys.adminKeys, keyId));
      return text === null ? undefined : decodeKey(keyId, text);
    },
    async write(key) {
      await askStore(() => client.hset(keys.adminKeys, key.keyId, encodeKey(key)));
    },
    async remove(keyId) {
      return (await askStore(() => client.hdel(keys.adminKeys, keyId))) > 0;
    },
  };
}

interface KeyDocument {
  readonly name: string;
  readonly digest: string;
  readonly scopes: readonly string[];
  readonly created: number;
  readonly expires: number | null;
}

function encodeKey(key: StoredAdminKey): string {
  const { name, digest, scopes, createdAtMs, expiresAtMs } = key;
  const document: KeyDocument = {
    ...{ name, digest, scopes },
    created: createdAtMs,
    expires: expiresAtMs ?? null,
  };
  return JSON.stringify(document);
}

/** Scopes that this version does not know open nothing. */
function decodeKey(keyId: string, text: string): StoredAdminKey {
  // Written by `encodeKey` and by nobody else.
  const { name, digest, scopes, created, expires } = JSON.parse(text) as KeyDocument;
  return {
    ...{ keyId, name, digest },
    scopes: adminScopes.filter((scope): scope is AdminScope => scopes.includes(scope)),
    createdAtMs: created,
    expiresAtMs: expires ?? undefined,
  };
}
