/** Makes the store know a key that was made before, and refuses a store that would lose jobs. */
import type { TenantId } from '@forebay/shared/domain/ids';
import type { ApiKey } from '@forebay/shared/keys/api-key';
import { systemClock } from '@forebay/shared/runtime/clock';
import { registerKey } from '@forebay/shared/tenants/manage-keys';
import { type StorePlace, withStore } from '../store/with-store.ts';

export interface KeyGrant {
  readonly key: ApiKey;
  readonly tenant: TenantId;
  /** The api's own: under another one the key opens nothing. */
  readonly pepper: string;
}

/**
 * Writes the key's digest, with every scope that a tenant can have; a key that is there stays as
 * operators have made it.
 *
 * @throws ForebayError as `withStore`.
 */
export async function registerApiKey(
  place: StorePlace,
  { key, tenant, pepper }: KeyGrant,
): Promise<void> {
  const order = { tenant, made: key, settings: {} };
  await withStore(place, ({ apiKeys: keys, tenants, terms }) =>
    registerKey({ keys, tenants, terms, clock: systemClock, pepper }, order),
  );
}
