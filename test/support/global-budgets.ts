/** Budgets of all tenants as tests write them, and the dispatchers' work on them. */
import { newBudgetId } from '@forebay/shared/domain/budget';
import type { GlobalBudget } from '@forebay/shared/domain/global-budget';
import type { TenantId } from '@forebay/shared/domain/ids';
import type { EscrowStore } from '@forebay/shared/ports/escrow-store';
import { epochKey } from '@forebay/shared/redis/keys';
import { keepAll } from '@forebay/worker/dispatch/escrow-keeper';
import { Redis } from 'ioredis';
import { freshNamespace } from './redis.ts';
import { type TestStore, tenantNamed, useStore } from './store.ts';

export function globalBudgetOf(
  limitNanoUsd: bigint,
  changes: Partial<GlobalBudget> = {},
): GlobalBudget {
  return {
    id: newBudgetId(),
    window: { kind: 'total' },
    limitNanoUsd,
    whenShort: 'wait',
    createdAtMs: 1,
    ...changes,
  };
}

/** A store of few shards: a look at all of them is short, and two tenants often share one. */
export async function useSmallStore(url: string, shards: number): Promise<TestStore> {
  const namespace = freshNamespace();
  const client = new Redis(url);
  await client.hset(epochKey(namespace), 'shards', shards);
  client.disconnect();
  return useStore(url, { namespace });
}

/** One tenant on each shard. */
export function tenantOnEachShard({ keys }: TestStore): readonly TenantId[] {
  const found = new Map<number, TenantId>();
  for (let number = 0; found.size < keys.shardCount; number += 1) {
    const tenant = tenantNamed(`t-${number}`);
    if (!found.has(keys.shardOf(tenant))) found.set(keys.shardOf(tenant), tenant);
  }
  return [...found].toSorted(([left], [right]) => left - right).map(([, tenant]) => tenant);
}

/** What dispatchers do each second. */
export async function keepBudgets(escrow: EscrowStore, turn = 0): Promise<void> {
  await keepAll(escrow, { turn, taughtVersion: 0 });
}
