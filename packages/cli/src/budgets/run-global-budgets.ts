/** `forebay budgets global …`. */
import type { GlobalFigures } from '@forebay/shared/domain/global-budget';
import { formatUsd } from '@forebay/shared/domain/money';
import type { Store } from '@forebay/shared/redis/open-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import {
  clearGlobalBudget,
  type GlobalBudgetSettings,
  type GlobalPeriod,
  periodOf,
  readGlobalBudget,
  setGlobalBudget,
} from '@forebay/shared/tenants/manage-global-budgets';
import { readWindow, windowPeriods } from '@forebay/shared/tenants/read-window';
import { viewGlobalBudget, viewGlobalFigures } from '@forebay/shared/tenants/view-global-budget';
import { auditedCommand } from '../audit/audited-command.ts';
import type { CommandInput, OptionValues } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { readSettings } from '../program/read-settings.ts';
import { UsageError } from '../program/usage-error.ts';
import { withStore } from '../store/with-store.ts';
import { formatTable } from '../terminal/format-table.ts';
import { changeOf } from './run-budgets.ts';

const head = ['period', 'zone', 'limit', 'lent', 'reserved', 'spent', 'unknown', 'when short'];

export async function runGlobalShow(input: CommandInput): Promise<number> {
  show(input, await operate(input, ({ escrow }) => escrow.figures()));
  return exitCode.done;
}

export async function runGlobalSet(input: CommandInput): Promise<number> {
  const settings = settingsOf(input.options);
  const period = periodOf(settings);
  const found = await operate(input, async (store) => {
    await auditedCommand(store.audit, {
      action: 'global_budget.set',
      target: `global_budget:${period}`,
      async change() {
        const deps = { escrow: store.escrow, clock: systemClock };
        const { before, after } = await setGlobalBudget(deps, settings);
        return {
          value: undefined,
          before: before && viewGlobalBudget(before),
          after: viewGlobalBudget(after),
        };
      },
    });
    return readGlobalBudget(store, period);
  });
  show(input, [found]);
  return exitCode.done;
}

export async function runGlobalClear(input: CommandInput): Promise<number> {
  const period = requiredPeriod(input.options);
  await operate(input, (store) =>
    auditedCommand(store.audit, {
      action: 'global_budget.clear',
      target: `global_budget:${period}`,
      async change() {
        const removed = await clearGlobalBudget(store, period);
        return { value: undefined, before: viewGlobalBudget(removed), after: undefined };
      },
    }),
  );
  input.terminal.note(`removed the budget of all tenants: ${period}`);
  return exitCode.done;
}

function operate<T>({ environment }: CommandInput, use: (store: Store) => Promise<T>): Promise<T> {
  return withStore(readSettings(environment), use);
}

function show({ terminal }: CommandInput, found: readonly GlobalFigures[]): void {
  const rows = found.map((figures) => {
    terminal.document(viewGlobalFigures(figures));
    const { budget, granted, reserved, spent, unknown } = figures;
    const { window, limitNanoUsd } = budget;
    return [
      periodOf(budget),
      window.kind === 'total' ? '' : window.timeZone,
      ...[limitNanoUsd, granted, reserved, spent, unknown].map(formatUsd),
      budget.whenShort,
    ];
  });
  terminal.out(formatTable(head, rows));
}

function requiredPeriod(options: OptionValues): GlobalPeriod {
  const period = windowPeriods.find((name) => name === options.text('period'));
  if (period === undefined) throw new UsageError(`--period: one of ${windowPeriods.join(', ')}.`);
  return period;
}

function settingsOf(options: OptionValues): GlobalBudgetSettings {
  const { limitNanoUsd, whenShort = 'reject' } = changeOf(options);
  const period = requiredPeriod(options);
  if (limitNanoUsd === undefined) throw new UsageError('Say how much: --limit USD.');
  const window = readWindow({ period, rolling: false, timeZone: options.text('time-zone') });
  if (typeof window === 'string' || window.kind === 'rolling') {
    throw new UsageError('--time-zone: only days and months of a calendar have one.');
  }
  return { window, limitNanoUsd, whenShort };
}
