import { expect, test } from 'vitest';
import { overBudget } from './refuse-for-money.ts';

const refusal = {
  kind: 'over_budget',
  account: 'bud_1',
  isOfAll: false,
  left: 1_500_000_000n,
  renewsAtMs: undefined,
  mayHelpToWait: false,
} as const;
const renewsAtMs = Date.parse('2030-02-01T00:00:00Z');

test.each([
  [
    'where waiting cannot help',
    {},
    'the budget bud_1: 1.5 USD are left. Ask for less, or have the limit raised.',
  ],
  [
    'that begins anew',
    { mayHelpToWait: true, renewsAtMs },
    'Ask for less, have the limit raised, or wait until it begins anew at ' +
      '2030-02-01T00:00:00.000Z.',
  ],
  [
    'of which money comes free little by little',
    { account: 'batch:bulk_1', mayHelpToWait: true },
    'ceiling of the bulk call: 1.5 USD are left. Ask for less, have the limit raised, or wait ' +
      'until more of it is free.',
  ],
  [
    'of all tenants, which tells no figures',
    { isOfAll: true, mayHelpToWait: true, renewsAtMs },
    'the budget of this installation. Ask for less, or wait until it begins anew at ' +
      '2030-02-01T00:00:00.000Z.',
  ],
  ['of all tenants where waiting cannot help', { isOfAll: true }, 'installation. Ask for less.'],
])('a budget %s', (_name, changes, text) => {
  const error = overBudget({ ...refusal, ...changes });
  expect(error.code).toBe('budget_exceeded');
  expect(error.message).toContain(text);
  expect(error.message.includes('1.5')).toBe(!('isOfAll' in changes));
});
