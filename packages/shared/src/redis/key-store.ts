/**
 * API keys in Redis: one hash per key id, holding the digest and never the key; and beside the
 * tenant's jobs a list of the ids of its keys. A key stands in the list before it can open
 * anything, so that whoever revokes keys finds them all.
 */
import { limits } from '../domain/limits.ts';
import type { KeyStore } from '../ports/key-store.ts';
import type { RedisClient } from './connection.ts';
import { decodeKey, encodeKey } from './key-codec.ts';
import type { StoreKeys } from './keys.ts';
import { askStore, type ScriptRunner } from './script-runner.ts';
import { writeRecord } from './write-record.ts';

export interface KeyStoreDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
}

export function createKeyStore({ client, scripts, keys }: KeyStoreDeps): KeyStore {
  const read: KeyStore['read'] = async (keyId) =>
    decodeKey(keyId, await askStore(() => client.hgetall(keys.apiKey(keyId))));
  return {
    read,
    async list(tenant) {
      const ids = await askStore(() => client.zrange(keys.keysOf(tenant), '0', '-1'));
      const found = await Promise.all(ids.map((keyId) => read(keyId)));
      return found.flatMap((key) => (key?.tenant === tenant ? [key] : []));
    },
    async write(key) {
      const { keyId, tenant, version } = key;
      const list = keys.keysOf(tenant);
      const count = await askStore(() => client.zcard(list));
      if (version === 1 && count >= limits.keysPerTenantMax) return 'full';
      await askStore(() => client.zadd(list, 'NX', key.createdAtMs, keyId));
      const hash = keys.apiKey(keyId);
      return writeRecord(scripts, { hash, field: 'record', version, json: encodeKey(key) });
    },
    async markUsed(keyId, day) {
      await askStore(() => client.hset(keys.apiKey(keyId), 'used', day));
    },
  };
}
