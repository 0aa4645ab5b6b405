import { expect, test } from 'vitest';
import { samplePriceRow } from '../../../../test/support/sample-catalog.ts';
import { snapshotPrice } from './snapshot-price.ts';

const row = samplePriceRow({ input: 3_000_000_000n, cachedInput: 300_000_000n, output: 15n });

test('amounts become text and names snake case', () => {
  expect(snapshotPrice(row)).toEqual({
    id: 'sample@2026-01-01',
    source: 'test',
    as_of: '2026-01-01',
    input: '3000000000',
    cached_input: '300000000',
    cache_write: '3000000000',
    output: '15',
    reasoning: '15',
    tiers: [],
    per_request: '0',
    per_image: '0',
  });
});

test('what a row says beyond that stays, however it is nested', () => {
  const tiers = [{ ...row, aboveInputTokens: 200_000, input: 6n }];
  const longer = { ...row, tiers, asOf: undefined };
  expect(snapshotPrice(longer)).toMatchObject({
    tiers: [{ above_input_tokens: 200_000, input: '6' }],
  });
  expect(snapshotPrice(longer)).not.toHaveProperty('as_of');
});
