/** How many of these jobs have not ended; one cheap question for each tenant. */
import type { JobId, TenantId } from '@forebay/shared/domain/ids';
import { dueMember } from '@forebay/shared/redis/keys';
import type { TestStore } from './store.ts';

interface Ref {
  readonly tenant: TenantId;
  readonly id: JobId;
}

export async function countOpen(store: TestStore, refs: readonly Ref[]): Promise<number> {
  const tenants = [...new Set(refs.map(({ tenant }) => tenant))];
  const counts = tenants.map(async (tenant) => {
    const due = store.keys.due(store.keys.shardOf(tenant));
    const own = refs.filter((ref) => ref.tenant === tenant);
    // Who has ended has left the due set.
    const scores = await store.client.zmscore(due, ...own.map(({ id }) => dueMember(tenant, id)));
    return scores.filter((score) => score !== null).length;
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}
