/**
 * The audit of money over all tenants, for the dispatcher that does it all the time and for the
 * operator who wants to see it now.
 */
import type { TenantId } from '../domain/ids.ts';
import type {
  AuditStep,
  FoundDrift,
  MoneyAuditStore,
  RepairedMoney,
} from '../ports/money-audit-store.ts';
import type { TenantTermsStore } from '../ports/tenant-terms-store.ts';

export interface AuditOptions {
  readonly signal: AbortSignal;
  /** How long a difference must have been there to be confirmed. */
  readonly confirmAfterMs: number;
}

export interface MoneyFindings {
  readonly drifts: readonly FoundDrift[];
  /** Tenants with too many open jobs to add their reservations up. */
  readonly skipped: number;
}

type Auditing = Pick<MoneyAuditStore, 'audit' | 'shardCount'>;

/** One look at all tenants. What was found before the signal, if that ends it. */
export async function auditMoney(store: Auditing, options: AuditOptions): Promise<MoneyFindings> {
  const drifts: FoundDrift[] = [];
  let skipped = 0;
  for (let shard = 0; shard < store.shardCount; shard += 1) {
    const found = await auditShard(store, shard, options);
    drifts.push(...found.drifts);
    skipped += found.skipped;
  }
  return { drifts, skipped };
}

/** One look at the tenants of a shard. */
export async function auditShard(
  store: Auditing,
  shard: number,
  { signal, confirmAfterMs }: AuditOptions,
): Promise<MoneyFindings> {
  const drifts: FoundDrift[] = [];
  let skipped = 0;
  let after: string | undefined = '';
  while (after !== undefined && !signal.aborted) {
    const step: AuditStep = await store.audit(shard, { after, confirmAfterMs });
    if (step.kind === 'behind') continue;
    drifts.push(...step.drifts);
    skipped += step.skippedCount;
    after = step.after === '' ? undefined : step.after;
  }
  return { drifts, skipped };
}

/** What callers of a stopped tenant are told. */
const whyStopped = 'its counters do not match its ledger ("forebay audit money" shows them)';

/** Takes in no further job of a tenant. @returns whether that is new. */
export async function stopTenant(
  terms: Pick<TenantTermsStore, 'edit' | 'read'>,
  tenant: TenantId,
): Promise<boolean> {
  if ((await terms.read(tenant)).stopped !== undefined) return false;
  await terms.edit(tenant, (stands) => ({ ...stands, stopped: stands.stopped ?? whyStopped }));
  return true;
}

/** Sets the counters of a tenant to what they must be, and lets it take in jobs again. */
export async function repairMoney(
  deps: {
    readonly moneyAudit: Pick<MoneyAuditStore, 'repair'>;
    readonly terms: Pick<TenantTermsStore, 'edit'>;
  },
  tenant: TenantId,
): Promise<RepairedMoney> {
  const repaired = await deps.moneyAudit.repair(tenant);
  await deps.terms.edit(tenant, (stands) => ({ ...stands, stopped: undefined }));
  return repaired;
}
