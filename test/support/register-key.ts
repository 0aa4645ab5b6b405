/** An API key for tests and proofs; no process has to run for it. */

import { parseTenantId } from '@forebay/shared/domain/ids';
import { makeApiKey } from '@forebay/shared/keys/api-key';
import { openStore } from '@forebay/shared/redis/open-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import { registerKey as registerKeyRecord } from '@forebay/shared/tenants/manage-keys';

/** What the api must be given so that it knows the key. */
export const testPepper = 'a pepper that only the tests know, long enough';

/** Writes an API key for a tenant; no process has to run for it. */
export async function registerKey(
  redisUrl: string,
  namespace: string,
  { name = 'dev', label = '' }: { readonly name?: string; readonly label?: string } = {},
): Promise<string> {
  const key = makeApiKey('tenant', 'test');
  const tenant = parseTenantId(name);
  if (tenant === undefined) throw new Error(`${name} is no tenant name`);
  const store = await openStore({
    connection: {
      url: redisUrl,
      name: 'test-key',
      commandTimeoutMs: 5_000,
      whenAway: 'fail',
      onError: () => {
        // The write below reports its own failure.
      },
    },
    namespace,
    leaseMs: 1_000,
    ticketCheckMs: 1_000,
  });
  await registerKeyRecord(
    { ...store, keys: store.apiKeys, clock: systemClock, pepper: testPepper },
    { tenant, made: key, settings: { label } },
  );
  await store.close();
  return key.text;
}
