/** `forebay budgets global`: what all tenants together may spend, straight in the store. */
import { windowPeriods } from '@forebay/shared/tenants/read-window';
import type { CommandSpec, OptionSpec } from '../program/command-spec.ts';
import { budgetSettings } from './budget-commands.ts';

const period: OptionSpec = {
  name: 'period',
  value: 'period',
  description: 'how long it lasts before it begins anew; needed',
  choices: windowPeriods,
};

const note =
  'Reads REDIS_URL and FOREBAY_NAMESPACE, which must be the values that the api runs with. ' +
  'Changes hold within seconds and are in the audit log.';

export const globalBudgetCommands: readonly CommandSpec[] = [
  {
    path: 'budgets global show',
    summary: 'show the budgets of all tenants together and what is left of them',
    notes: [note, '--json writes one budget per line.'],
    group: 'local',
    arguments: [],
    options: [],
    examples: [{ command: 'forebay budgets global show', explains: 'at most one for each period' }],
    load: async () => (await import('./run-global-budgets.ts')).runGlobalShow,
  },
  {
    path: 'budgets global set',
    summary: 'set the budget of all tenants for a day, a month or in total',
    notes: [note, 'Days and months are those of a calendar, in UTC or in a time zone.'],
    group: 'local',
    arguments: [],
    options: [
      period,
      ...budgetSettings,
      { name: 'time-zone', value: 'name', description: 'where days and months begin' },
    ],
    examples: [
      {
        command: 'forebay budgets global set --period day --limit 500',
        explains: '500 USD a day for everything, beginning at midnight UTC',
      },
    ],
    load: async () => (await import('./run-global-budgets.ts')).runGlobalSet,
  },
  {
    path: 'budgets global clear',
    summary: 'remove the budget of all tenants for a period',
    notes: [note],
    group: 'local',
    arguments: [],
    options: [period],
    examples: [
      { command: 'forebay budgets global clear --period day', explains: 'it holds no more' },
    ],
    load: async () => (await import('./run-global-budgets.ts')).runGlobalClear,
  },
];
