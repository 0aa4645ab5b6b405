/** `forebay audit money`. */
import type { TenantId } from '@forebay/shared/domain/ids';
import { limits } from '@forebay/shared/domain/limits';
import type { MoneyDrift } from '@forebay/shared/ports/money-audit-store';
import type { Store } from '@forebay/shared/redis/open-store';
import { auditMoney, repairMoney } from '@forebay/shared/tenants/audit-money';
import { findTenant } from '@forebay/shared/tenants/find-tenant';
import { auditedCommand } from '../audit/audited-command.ts';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { readSettings } from '../program/read-settings.ts';
import { withStore } from '../store/with-store.ts';
import { readTenant } from '../tenants/read-tenant.ts';
import { formatTable } from '../terminal/format-table.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface WrongTenant {
  readonly tenant: TenantId;
  readonly stopped: string | undefined;
  readonly drifts: readonly MoneyDrift[];
}

export function runAuditMoney(input: CommandInput): Promise<number> {
  const name = input.options.text('tenant');
  const only = name === undefined ? undefined : readTenant(name, '--tenant');
  return withStore(readSettings(input.environment), (store) => lookAndRepair(input, store, only));
}

async function lookAndRepair(
  { options, terminal, signal }: CommandInput,
  store: Store,
  only: TenantId | undefined,
): Promise<number> {
  if (only !== undefined) await findTenant({ ...store, keys: store.apiKeys }, only);
  const confirmAfterMs = limits.moneyDriftConfirmMs;
  const { drifts, skipped } = await auditMoney(store.moneyAudit, { signal, confirmAfterMs });
  const tenants = new Set([...drifts.map(({ tenant }) => tenant), ...(await listStopped(store))]);
  const wrong: WrongTenant[] = [];
  for (const tenant of tenants) {
    if (only !== undefined && tenant !== only) continue;
    const { stopped } = await store.terms.read(tenant);
    wrong.push({ tenant, stopped, drifts: drifts.filter((drift) => drift.tenant === tenant) });
  }
  const repairs = options.isOn('repair');
  if (repairs) for (const each of wrong) await repair(store, each);
  show(terminal, { wrong, skipped, repaired: repairs });
  return wrong.length === 0 || repairs ? exitCode.done : exitCode.notAsExpected;
}

async function listStopped({ terms, moneyAudit }: Store): Promise<readonly TenantId[]> {
  const stopped: TenantId[] = [];
  for (let shard = 0; shard < moneyAudit.shardCount; shard += 1) {
    for (const tenant of await terms.listTenants(shard)) {
      if ((await terms.read(tenant)).stopped !== undefined) stopped.push(tenant);
    }
  }
  return stopped;
}

function repair(store: Store, { tenant, stopped }: WrongTenant): Promise<void> {
  return auditedCommand(store.audit, {
    action: 'money.repair',
    target: `tenant:${tenant}`,
    change: async () => {
      const { repaired } = await repairMoney(store, tenant);
      const counters = (of: (drift: MoneyDrift) => string) =>
        Object.fromEntries(repaired.map((drift) => [drift.counter, of(drift)]));
      return {
        value: undefined,
        before: { stopped: stopped ?? null, counters: counters(({ says }) => says) },
        after: { stopped: null, counters: counters(({ mustBe }) => mustBe) },
      };
    },
  });
}

interface Findings {
  readonly wrong: readonly WrongTenant[];
  readonly skipped: number;
  readonly repaired: boolean;
}

function show(terminal: Terminal, { wrong, skipped, repaired }: Findings): void {
  terminal.document({
    repaired,
    tenants_without_reservations: skipped,
    tenants: wrong.map(({ tenant, stopped, drifts }) => ({
      tenant,
      stopped: stopped ?? null,
      differences: drifts.map(({ counter, mustBe, says }) => ({ counter, must_be: mustBe, says })),
    })),
  });
  if (wrong.length === 0) terminal.out('The money of all tenants adds up.\n');
  const rows = wrong.flatMap(({ tenant, stopped, drifts }) =>
    drifts.length === 0
      ? [[tenant, stopped === undefined ? '' : 'stopped', '', '']]
      : drifts.map(({ counter, mustBe, says }) => [tenant, counter, mustBe, says]),
  );
  const head = ['tenant', 'counter', 'must be (nano USD)', 'says'];
  if (rows.length > 0) terminal.out(formatTable(head, rows));
  if (skipped > 0) terminal.note(`${skipped} tenants were looked at without their reservations`);
  if (wrong.length > 0 && repaired) terminal.note(`repaired ${wrong.length} tenants`);
}
