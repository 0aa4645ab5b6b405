/** The ledger's entries of one tenant, oldest first, as the scripts wrote them. */
import type { TenantId } from '@forebay/shared/domain/ids';
import type { TestStore } from './store.ts';

export async function readLedger(
  store: TestStore,
  tenant: TenantId,
): Promise<readonly Readonly<Record<string, string>>[]> {
  const entries = await store.client.xrange(
    store.keys.ledger(store.keys.shardOf(tenant)),
    '-',
    '+',
  );
  return entries
    .map(([, fields]) => {
      const pairs = fields.flatMap((name, index) =>
        index % 2 === 0 ? [[name, fields[index + 1] ?? '']] : [],
      );
      // Names and values in turn, as streams keep them.
      return Object.fromEntries(pairs) as Record<string, string>;
    })
    .filter((entry) => entry['tenant'] === tenant);
}
