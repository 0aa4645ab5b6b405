/** Asks the store what it still holds. Only reads, each of one key. */
import { ForebayError } from '../domain/forebay-error.ts';
import type { RetentionStore } from '../ports/retention-store.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { askStore } from './script-runner.ts';

export interface RetentionStoreDeps {
  readonly client: RedisClient;
  readonly keys: StoreKeys;
}

export function createRetentionStore({ client, keys }: RetentionStoreDeps): RetentionStore {
  return {
    async identity() {
      const epoch = await askStore(() => client.hget(keys.epoch, 'epoch'));
      if (epoch) return `${keys.epoch} ${epoch}`;
      throw new ForebayError('internal', `The store's epoch record ${keys.epoch} is gone.`);
    },
    areKept: (contents) =>
      askStore(() =>
        Promise.all(
          contents.map(async ({ tenant, job, field }) => {
            const k = keys.job(tenant, job);
            // A record and the pointer to an archived one stand under the same key.
            return (await client.exists(field === 'payload' ? k.payload : k.job)) > 0;
          }),
        ),
      ),
  };
}
