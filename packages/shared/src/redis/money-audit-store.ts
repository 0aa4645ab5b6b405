/** The audit of money in Redis: one script for each step. */
import { ForebayError } from '../domain/forebay-error.ts';
import { parseTenantId, type TenantId } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import type {
  AuditStep,
  FoundDrift,
  MoneyAuditStore,
  MoneyDrift,
  RepairedMoney,
} from '../ports/money-audit-store.ts';
import type { StoreKeys } from './keys.ts';
import { asList, asText } from './reply.ts';
import type { ScriptRunner } from './script-runner.ts';

export interface MoneyAuditStoreDeps {
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
}

/** Tenants looked at in one step: each may have many budgets of many windows. */
const tenantsMax = 20;

export function createMoneyAuditStore({ scripts, keys }: MoneyAuditStoreDeps): MoneyAuditStore {
  const keysOf = (shard: number): readonly string[] => [
    keys.moneyAudit(shard),
    keys.ledger(shard),
    keys.ledgerMarks(shard),
    keys.tenantsWithTerms(shard),
    keys.totals(shard),
  ];
  const { auditEntriesMax, auditOpenJobsMax } = limits;
  return {
    shardCount: keys.shardCount,
    async audit(shard, { after, confirmAfterMs }) {
      const args = [after, auditEntriesMax, tenantsMax, auditOpenJobsMax, confirmAfterMs];
      const call = { script: 'money-audit', keys: keysOf(shard), args } as const;
      return readStep(asList(await scripts.run(call)).map(asText));
    },
    async repair(tenant) {
      const args = [tenant, auditEntriesMax, auditOpenJobsMax];
      const call = { script: 'money-repair', keys: keysOf(keys.shardOf(tenant)), args } as const;
      for (;;) {
        const [kind, ...rest] = asList(await scripts.run(call)).map(asText);
        if (kind === 'repaired') return readRepaired(tenant, rest);
        // Each call has summed up a part; jobs end more slowly than that.
        if (kind !== 'behind') throw unexpected();
      }
    },
  };
}

function readStep([kind, after = '', tenants, skipped, ...found]: readonly string[]): AuditStep {
  if (kind === 'behind') return { kind };
  if (kind !== 'judged') throw unexpected();
  return {
    kind,
    after,
    tenantCount: Number(tenants),
    skippedCount: Number(skipped),
    drifts: found.map(readDrift),
  };
}

function readDrift(text: string): FoundDrift {
  const [name = '', counter = '', mustBe = '', says = '', confirmed] = text.split('|');
  const tenant = parseTenantId(name);
  if (tenant === undefined) throw unexpected();
  return { tenant, counter, mustBe, says, isConfirmed: confirmed === '1' };
}

function readRepaired(tenant: TenantId, [skipped, ...set]: readonly string[]): RepairedMoney {
  return {
    skippedReservations: skipped === '1',
    repaired: set.map((text): MoneyDrift => {
      const [counter = '', mustBe = '', says = ''] = text.split('|');
      return { tenant, counter, mustBe, says };
    }),
  };
}

function unexpected(): ForebayError {
  return new ForebayError('internal', 'The audit of money has answered something unexpected.');
}
