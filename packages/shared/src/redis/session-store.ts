/** Models of sessions in Redis: one key for each, on the tenant's slot, that ends by itself. */
import { createHash } from 'node:crypto';
import type { SessionStore } from '../ports/session-store.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { askStore } from './script-runner.ts';

export interface SessionStoreDeps {
  readonly client: RedisClient;
  readonly keys: StoreKeys;
}

export function createSessionStore({ client, keys }: SessionStoreDeps): SessionStore {
  return {
    async read({ tenant, ...named }) {
      return (await askStore(() => client.get(keys.session(tenant, nameOf(named))))) ?? undefined;
    },
    async pin({ tenant, ...named }, { model, keptMs }) {
      await askStore(() => client.set(keys.session(tenant, nameOf(named)), model, 'PX', keptMs));
    },
  };
}

/** Callers choose both texts, so neither stands in a key as it is. */
function nameOf({ session, requested }: { session: string; requested: string }): string {
  const text = JSON.stringify([session, requested]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 32);
}
