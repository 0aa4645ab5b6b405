/** Opens the store of the environment for one command, and refuses one that would lose jobs. */
import { limits } from '@forebay/shared/domain/limits';
import { openStore, type Store } from '@forebay/shared/redis/open-store';

const commandTimeoutMs = 5_000;

export interface StorePlace {
  readonly redisUrl: string;
  readonly namespace: string;
}

/**
 * @throws ForebayError `store_unavailable` when Redis is away, `internal` when its eviction
 *   policy is not `noeviction`; else what `use` throws.
 */
export async function withStore<T>(
  place: StorePlace,
  use: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openStore({
    connection: {
      url: place.redisUrl,
      name: 'cli',
      commandTimeoutMs,
      whenAway: 'fail',
      // Each command reports its own failure; the process ends right after.
      onError: () => {},
    },
    namespace: place.namespace,
    leaseMs: limits.leaseMs,
    ticketCheckMs: limits.ticketCheckMs,
  });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
