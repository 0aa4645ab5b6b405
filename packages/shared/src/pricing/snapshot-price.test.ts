import { expect, test } from 'vitest';
import { snapshotPrice } from './snapshot-price.ts';

const row = { input: 3_000_000_000n, cachedInput: 300_000_000n, output: 15n, source: 'a page' };

test('amounts become text and names snake case', () => {
  expect(snapshotPrice(row)).toEqual({
    input: '3000000000',
    cached_input: '300000000',
    output: '15',
    source: 'a page',
  });
});

test('what a row says beyond that stays, however it is nested', () => {
  const tiers = [{ aboveInputTokens: 200_000, input: 6n, free: false }];
  const longer = { ...row, tiers, perRequest: undefined };
  expect(snapshotPrice(longer)).toMatchObject({
    tiers: [{ above_input_tokens: 200_000, input: '6', free: false }],
  });
  expect(snapshotPrice(longer)).not.toHaveProperty('per_request');
});
