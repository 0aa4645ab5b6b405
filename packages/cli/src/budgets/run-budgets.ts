/** `forebay budgets …`. */
import {
  type Budget,
  type BudgetFigures,
  budgetPolicies,
  newBudgetId,
  parseBudgetId,
} from '@forebay/shared/domain/budget';
import type { TenantId } from '@forebay/shared/domain/ids';
import { formatUsd, type NanoUsd, parseUsd } from '@forebay/shared/domain/money';
import type { Store } from '@forebay/shared/redis/open-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import { findTenant } from '@forebay/shared/tenants/find-tenant';
import {
  type BudgetChange,
  type BudgetRef,
  type BudgetSettings,
  changeBudget,
  createBudget,
  noSuchBudget,
  readBudget,
  removeBudget,
} from '@forebay/shared/tenants/manage-budgets';
import { readWindow, windowPeriods } from '@forebay/shared/tenants/read-window';
import { viewBudget, viewBudgetFigures } from '@forebay/shared/tenants/view-budget';
import { auditedCommand } from '../audit/audited-command.ts';
import type { CommandInput, OptionValues } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { readSettings } from '../program/read-settings.ts';
import { UsageError } from '../program/usage-error.ts';
import { withStore } from '../store/with-store.ts';
import { readTenant } from '../tenants/read-tenant.ts';
import { formatTable } from '../terminal/format-table.ts';

const head = ['budget', 'key', 'window', 'limit', 'reserved', 'spent', 'unknown', 'when short'];

export async function runBudgetsList(input: CommandInput): Promise<number> {
  const tenant = tenantOf(input);
  const found = await operate(input, async (store) => {
    await requireTenant(store, tenant);
    return store.terms.figures(tenant);
  });
  show(input, found);
  return exitCode.done;
}

export async function runBudgetsShow(input: CommandInput): Promise<number> {
  const ref = refOf(input);
  show(input, [await operate(input, (store) => readBudget(store, ref))]);
  return exitCode.done;
}

export async function runBudgetsCreate(input: CommandInput): Promise<number> {
  const ref: BudgetRef = { tenant: tenantOf(input), id: newBudgetId() };
  const settings = settingsOf(input.options);
  await change(input, ref, {
    verb: 'create',
    async apply(store) {
      await requireTenant(store, ref.tenant);
      const deps = { terms: store.terms, keys: store.apiKeys, clock: systemClock };
      return { before: undefined, after: await createBudget(deps, ref, settings) };
    },
  });
  return exitCode.done;
}

export async function runBudgetsUpdate(input: CommandInput): Promise<number> {
  const ref = refOf(input);
  const wanted = changeOf(input.options);
  if (Object.keys(wanted).length === 0) {
    throw new UsageError('Say what is to change: --limit USD, --when-short POLICY, or both.');
  }
  await change(input, ref, {
    verb: 'change',
    async apply(store) {
      const { budget: before } = await readBudget(store, ref);
      return { before, after: await changeBudget(store, ref, wanted) };
    },
  });
  return exitCode.done;
}

export async function runBudgetsRemove(input: CommandInput): Promise<number> {
  const ref = refOf(input);
  await change(input, ref, {
    verb: 'remove',
    async apply(store) {
      const { budget: before } = await readBudget(store, ref);
      await removeBudget(store, ref);
      return { before, after: undefined };
    },
  });
  input.terminal.note(`removed budget ${ref.id} of tenant ${ref.tenant}`);
  return exitCode.done;
}

function operate<T>({ environment }: CommandInput, use: (store: Store) => Promise<T>): Promise<T> {
  return withStore(readSettings(environment), use);
}

/** @throws ForebayError `not_found` */
async function requireTenant({ tenants, apiKeys: keys }: Store, id: TenantId): Promise<void> {
  await findTenant({ tenants, keys }, id);
}

interface BudgetEdit {
  readonly verb: string;
  readonly apply: (
    store: Store,
  ) => Promise<{ readonly before: Budget | undefined; readonly after: Budget | undefined }>;
}

/** Shows what there is afterwards. */
async function change(
  input: CommandInput,
  ref: BudgetRef,
  { verb, apply }: BudgetEdit,
): Promise<void> {
  await operate(input, async (store) => {
    const after = await auditedCommand(store.audit, {
      action: `budget.${verb}`,
      target: `tenant:${ref.tenant}/budget:${ref.id}`,
      async change() {
        const { before, after: value } = await apply(store);
        const view = (budget: Budget | undefined) => budget && viewBudget(budget);
        return { value, before: view(before), after: view(value) };
      },
    });
    if (after !== undefined) show(input, [await readBudget(store, ref)]);
  });
}

function show({ terminal }: CommandInput, found: readonly BudgetFigures[]): void {
  const rows = found.map((figures) => {
    terminal.document(viewBudgetFigures(figures));
    const { budget, reserved, spent, unknown } = figures;
    const { subject, limitNanoUsd } = budget;
    return [
      budget.id,
      subject.kind === 'key' ? subject.keyId : '',
      windowText(budget),
      ...[limitNanoUsd, reserved, spent, unknown].map(formatUsd),
      budget.whenShort,
    ];
  });
  terminal.out(formatTable(head, rows));
}

function windowText({ window }: Budget): string {
  if (window.kind === 'total') return 'total';
  return window.kind === 'rolling'
    ? `rolling ${window.period}`
    : `${window.period} ${window.timeZone}`;
}

function tenantOf({ options }: CommandInput): TenantId {
  return readTenant(options.text('tenant'), '--tenant');
}

/** @throws ForebayError `not_found` for text that is no budget id. */
function refOf(input: CommandInput): BudgetRef {
  const id = parseBudgetId(input.arguments[0] ?? '');
  if (id === undefined) throw noSuchBudget();
  return { tenant: tenantOf(input), id };
}

function settingsOf(options: OptionValues): BudgetSettings {
  const { limitNanoUsd, whenShort = 'reject' } = changeOf(options);
  const period = windowPeriods.find((name) => name === options.text('period'));
  if (limitNanoUsd === undefined) throw new UsageError('Say how much: --limit USD.');
  if (period === undefined) throw new UsageError(`--period: one of ${windowPeriods.join(', ')}.`);
  const timeZone = options.text('time-zone');
  const window = readWindow({ period, rolling: options.isOn('rolling'), timeZone });
  if (window === 'rolling') throw new UsageError('--rolling: a total never begins anew.');
  if (window === 'time_zone') {
    throw new UsageError('--time-zone: only days and months of a calendar have one.');
  }
  const keyId = options.text('key-id');
  const subject =
    keyId === undefined ? { kind: 'tenant' as const } : { kind: 'key' as const, keyId };
  return { subject, window, limitNanoUsd, whenShort };
}

/** The settings that were given. */
export function changeOf(options: OptionValues): BudgetChange {
  const limitNanoUsd: NanoUsd | undefined = parseUsd(options.text('limit') ?? '');
  const whenShort = budgetPolicies.find((name) => name === options.text('when-short'));
  return {
    ...(limitNanoUsd === undefined ? {} : { limitNanoUsd }),
    ...(whenShort === undefined ? {} : { whenShort }),
  };
}
