/** Makes the store know a key, and refuses a store that would lose jobs. */
import type { TenantId } from '@forebay/shared/domain/ids';
import { limits } from '@forebay/shared/domain/limits';
import type { ApiKey } from '@forebay/shared/keys/api-key';
import { openStore } from '@forebay/shared/redis/open-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import { registerKey } from '@forebay/shared/tenants/manage-keys';

const commandTimeoutMs = 5_000;

export interface KeyGrant {
  readonly key: ApiKey;
  readonly tenant: TenantId;
  /** The api's own: under another one the key opens nothing. */
  readonly pepper: string;
}

/**
 * Writes the key's digest, with every scope that a tenant can have; repeating it is harmless.
 *
 * @throws ForebayError `store_unavailable` when Redis is away, `internal` when its eviction
 *   policy is not `noeviction`.
 */
export async function registerApiKey(
  target: { readonly redisUrl: string; readonly namespace: string },
  { key, tenant, pepper }: KeyGrant,
): Promise<void> {
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
    await registerKey(
      { keys: store.apiKeys, tenants: store.tenants, clock: systemClock, pepper },
      { tenant, made: key, settings: {} },
    );
  } finally {
    await store.close();
  }
}
