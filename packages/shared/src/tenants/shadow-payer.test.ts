import { expect, test } from 'vitest';
import { budgetOf } from '../../../../test/support/terms.ts';
import { noTerms, type TenantTerms } from '../domain/tenant-terms.ts';
import { refusePayer } from './shadow-payer.ts';

const rejects = budgetOf(1n, { whenShort: 'reject' });

test.each<[string, Partial<TenantTerms>, string | undefined]>([
  ['no budget', {}, 'no_budget'],
  ['one behind which jobs would wait', { budgets: [budgetOf(1n)] }, 'no_budget'],
  [
    'one of a key',
    { budgets: [{ ...rejects, subject: { kind: 'key', keyId: 'k' } }] },
    'no_budget',
  ],
  ['one that rejects', { budgets: [rejects] }, undefined],
  ['one that rejects and one that waits', { budgets: [budgetOf(1n), rejects] }, 'no_budget'],
  ['one that rejects, and a hold', { budgets: [rejects], paused: true }, 'suspended'],
  ['one that rejects, and a stop', { budgets: [rejects], stopped: 'drift' }, 'stopped'],
])('a tenant with %s', (_, terms, expected) => {
  expect(refusePayer({ status: 'active' }, { ...noTerms, ...terms })).toBe(expected);
});

test('a suspended tenant pays nothing', () => {
  const terms = { ...noTerms, budgets: [rejects] };
  expect(refusePayer({ status: 'suspended' }, terms)).toBe('suspended');
});
