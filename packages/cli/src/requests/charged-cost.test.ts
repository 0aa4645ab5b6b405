import { expect, test } from 'vitest';
import { chargedNanoUsd, chargedText } from './charged-cost.ts';

test('a cost that nobody knows for sure counts at its worst case, and is named', () => {
  expect(chargedText({ spent: '0.0004', unknown: '0' })).toBe('0.0004 USD');
  const lost = { spent: '0.0004', unknown: '0.0001' };
  expect(chargedText(lost)).toBe('0.0005 USD, of which 0.0001 at worst case');
  expect(chargedNanoUsd(lost)).toBe(500_000n);
});
