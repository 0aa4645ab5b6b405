/**
 * Preferences of users in Redis: all of a tenant in one hash on the tenant's slot. Each write is
 * one plain command, so the bound on their number holds up to writes at the same moment.
 */

import { limits } from '../domain/limits.ts';
import type { Preferences } from '../domain/preferences.ts';
import type { PreferenceStore } from '../ports/preference-store.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { askStore } from './script-runner.ts';

export interface PreferenceStoreDeps {
  readonly client: RedisClient;
  readonly keys: StoreKeys;
}

const preferencesSchema = 1;

export function createPreferenceStore({ client, keys }: PreferenceStoreDeps): PreferenceStore {
  return {
    async read(tenant, user) {
      const text = await askStore(() => client.hget(keys.preferences(tenant), user));
      return text === null ? undefined : decode(text);
    },
    async hasAny(tenant) {
      return (await askStore(() => client.hlen(keys.preferences(tenant)))) > 0;
    },
    async write({ tenant, user, preferences }) {
      const key = keys.preferences(tenant);
      const [count, isThere] = await askStore(() =>
        Promise.all([client.hlen(key), client.hexists(key, user)]),
      );
      if (isThere === 0 && count >= limits.preferencesPerTenantMax) return 'full';
      const { prefer, avoid } = preferences;
      const text = JSON.stringify({ schema: preferencesSchema, prefer, avoid });
      await askStore(() => client.hset(key, user, text));
      return 'written';
    },
    async remove(tenant, user) {
      return (await askStore(() => client.hdel(keys.preferences(tenant), user))) > 0;
    },
  };
}

/** What another version wrote counts as nothing said: a wish never keeps a job from coming in. */
function decode(text: string): Preferences | undefined {
  // Written by this file and by nobody else; the schema says of which version.
  const stored = JSON.parse(text) as Preferences & { readonly schema: number };
  if (stored.schema !== preferencesSchema) return undefined;
  return { prefer: stored.prefer, avoid: stored.avoid };
}
