/** `forebay budgets`: what tenants and their keys may spend, straight in the store. */
import { budgetPolicies } from '@forebay/shared/domain/budget';
import { windowPeriods } from '@forebay/shared/tenants/read-window';
import type { ArgumentSpec, CommandSpec, OptionSpec } from '../program/command-spec.ts';

const id: ArgumentSpec = { name: 'budget-id', description: 'such as bud_01h…', required: true };

const tenant: OptionSpec = { name: 'tenant', value: 'name', description: 'whose; needed' };

/** What every budget has. */
export const budgetSettings: readonly OptionSpec[] = [
  {
    name: 'limit',
    value: 'usd',
    description: 'the most that may be spent in a window',
    expected: { pattern: /^\d{1,7}(\.\d{1,9})?$/, text: 'US dollars' },
  },
  {
    name: 'when-short',
    value: 'policy',
    description: 'what becomes of a job that does not fit; reject when not given',
    choices: budgetPolicies,
  },
];

const note =
  'Reads REDIS_URL and FOREBAY_NAMESPACE, which must be the values that the api runs with. ' +
  'Changes hold at once and are in the audit log.';

const example = 'bud_01kb0c4m5xf8ga3d9t7s2v6w1y';

export const budgetCommands: readonly CommandSpec[] = [
  {
    path: 'budgets list',
    summary: 'list the budgets of a tenant and what is left of them',
    notes: [note, '--json writes one budget per line.'],
    group: 'local',
    arguments: [],
    options: [tenant],
    examples: [{ command: 'forebay budgets list --tenant acme', explains: 'of acme' }],
    load: async () => (await import('./run-budgets.ts')).runBudgetsList,
  },
  {
    path: 'budgets show',
    summary: 'show a budget and what is left of it',
    notes: [note],
    group: 'local',
    arguments: [id],
    options: [tenant],
    examples: [
      { command: `forebay budgets show ${example} --tenant acme --json`, explains: 'as JSON' },
    ],
    load: async () => (await import('./run-budgets.ts')).runBudgetsShow,
  },
  {
    path: 'budgets create',
    summary: 'make a budget of a tenant or of one of its keys',
    notes: [
      note,
      'Days and months are those of a calendar, in UTC or in a time zone; with --rolling the ' +
        'last 24 hours or 30 days.',
    ],
    group: 'local',
    arguments: [],
    options: [
      tenant,
      ...budgetSettings,
      {
        name: 'period',
        value: 'period',
        description: 'how long it lasts before it begins anew; needed',
        choices: windowPeriods,
      },
      { name: 'rolling', description: 'the window moves on all the time' },
      { name: 'time-zone', value: 'name', description: 'where days and months begin' },
      { name: 'key-id', value: 'id', description: 'only for jobs of this API key' },
    ],
    examples: [
      {
        command: 'forebay budgets create --tenant acme --limit 100 --period day',
        explains: '100 USD a day, beginning at midnight UTC',
      },
      {
        command:
          'forebay budgets create --tenant acme --limit 2000 --period month ' +
          '--time-zone Europe/Rome --when-short wait',
        explains: 'jobs that do not fit wait for the first of the month',
      },
    ],
    load: async () => (await import('./run-budgets.ts')).runBudgetsCreate,
  },
  {
    path: 'budgets update',
    summary: 'change the limit of a budget, or what happens when it is short',
    notes: [note, 'For another period or key make another budget.'],
    group: 'local',
    arguments: [id],
    options: [tenant, ...budgetSettings],
    examples: [
      {
        command: `forebay budgets update ${example} --tenant acme --limit 150`,
        explains: 'more for acme',
      },
    ],
    load: async () => (await import('./run-budgets.ts')).runBudgetsUpdate,
  },
  {
    path: 'budgets remove',
    summary: 'remove a budget',
    notes: [note],
    group: 'local',
    arguments: [id],
    options: [tenant],
    examples: [
      { command: `forebay budgets remove ${example} --tenant acme`, explains: 'it holds no more' },
    ],
    load: async () => (await import('./run-budgets.ts')).runBudgetsRemove,
  },
];
