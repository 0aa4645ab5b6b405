/** The audit of money as a test calls it: all at once, without waiting for a dispatcher. */
import type { TenantId } from '@forebay/shared/domain/ids';
import type { Store } from '@forebay/shared/redis/open-store';
import { auditMoney, auditShard, type MoneyFindings } from '@forebay/shared/tenants/audit-money';
import { expect } from 'vitest';
import { useStore } from './store.ts';

export const confirmAfterMs = 1_000;

const options = { signal: new AbortController().signal, confirmAfterMs };

/** Looks at all tenants of the shard of one. */
export function auditShardOf(store: Store, tenant: TenantId): Promise<MoneyFindings> {
  return auditShard(store.moneyAudit, store.keys.shardOf(tenant), options);
}

/** What is wrong on the shard of a tenant, as `counter mustBe says`, sorted. */
export async function wrongMoney(store: Store, tenant: TenantId): Promise<readonly string[]> {
  const { drifts } = await auditShardOf(store, tenant);
  return drifts.map(({ counter, mustBe, says }) => `${counter} ${mustBe} ${says}`).toSorted();
}

/** Looks at all tenants of all shards. */
export function auditAll(store: Store): Promise<MoneyFindings> {
  return auditMoney(store.moneyAudit, options);
}

/** After a fault: every counter of every tenant is what the ledger and the open jobs say. */
export async function expectAuditAgrees(redisUrl: string, namespace: string): Promise<void> {
  const store = await useStore(redisUrl, { namespace });
  expect(await auditAll(store)).toEqual({ drifts: [], skipped: 0 });
}
