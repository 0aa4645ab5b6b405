/**
 * Holds the counters of money against what made them, all the time: the ledger and the open jobs.
 * A tenant whose counters are wrong, and still are at a later look, takes in no further job until
 * an operator has set them right (`forebay audit money --repair`); its jobs and all others go on.
 *
 * Any number of dispatchers may do this at once: a look changes nothing but how far the ledger has
 * been summed up, and a stop is the same however often it is made.
 */

import { limits } from '@forebay/shared/domain/limits';
import type { MoneyAuditStore } from '@forebay/shared/ports/money-audit-store';
import type { TenantTermsStore } from '@forebay/shared/ports/tenant-terms-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import { type AuditOptions, auditMoney, stopTenant } from '@forebay/shared/tenants/audit-money';
import type { WorkerEvents } from '../worker-events.ts';

export interface MoneyAuditorDeps {
  readonly audit: Pick<MoneyAuditStore, 'audit' | 'shardCount'>;
  readonly terms: Pick<TenantTermsStore, 'edit' | 'read'>;
  readonly clock: Clock;
  readonly events: WorkerEvents;
}

export function createMoneyAuditor(deps: MoneyAuditorDeps): Service {
  const loop = 'money-auditor';
  return createLoop({
    name: loop,
    clock: deps.clock,
    intervalMs: limits.moneyAuditMs,
    onRound: (durationMs) => deps.events.emit('loop.round', { loop, durationMs }),
    onError: (error) => deps.events.emit('loop.failed', { loop, error }),
    round: async (signal) => {
      await auditAndStop(deps, { signal, confirmAfterMs: limits.moneyDriftConfirmMs });
      return false;
    },
  });
}

/** Tells what a look has found, and stops those whose money is found wrong once more. */
export async function auditAndStop(deps: MoneyAuditorDeps, options: AuditOptions): Promise<void> {
  const { audit, terms, events } = deps;
  const { drifts, skipped } = await auditMoney(audit, options);
  for (const drift of drifts) events.emit('money.drifted', drift);
  const drifting = new Set(drifts.map(({ tenant }) => tenant)).size;
  if (!options.signal.aborted) events.emit('money.audited', { drifting, skipped });
  const confirmed = drifts.filter(({ isConfirmed }) => isConfirmed);
  for (const tenant of new Set(confirmed.map((drift) => drift.tenant))) {
    if (await stopTenant(terms, tenant)) events.emit('tenant.stopped', { tenant });
  }
}
