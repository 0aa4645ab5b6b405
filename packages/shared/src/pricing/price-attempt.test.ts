import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  sampleDeployment,
  sampleFeatures,
  sampleModel,
  samplePrice,
} from '../../../../test/support/sample-catalog.ts';
import type { PriceRow } from '../domain/model-catalog.ts';
import {
  type AttemptQuote,
  expectedCost,
  outputCapOf,
  plausibleUsage,
  priceUsage,
  reservedTokens,
  usageBounds,
  worstCase,
} from './price-attempt.ts';

const million = 1_000_000;

const quote = (overrides: Partial<AttemptQuote> = {}): AttemptQuote => ({
  model: sampleModel('a'),
  deployments: [sampleDeployment()],
  features: sampleFeatures(),
  outputCapTokens: 1_000,
  ...overrides,
});

const row = (input: bigint, cachedInput: bigint, output: bigint): PriceRow => ({
  input,
  cachedInput,
  output,
  source: 'test',
});

describe('outputCapOf', () => {
  test('is the default of the model when the request names none', () => {
    const cap = outputCapOf({ defaultOutputTokens: 77 }, sampleFeatures());
    expect(cap).toEqual({ tokens: 77, source: 'default' });
  });

  test('is what the request names', () => {
    const features = sampleFeatures({ outputTokensRequested: 5 });
    const cap = outputCapOf({ defaultOutputTokens: 77 }, features);
    expect(cap).toEqual({ tokens: 5, source: 'request' });
  });

  test('is nothing for embeddings', () => {
    const cap = outputCapOf({ defaultOutputTokens: 77 }, sampleFeatures({ kind: 'embeddings' }));
    expect(cap.tokens).toBe(0);
  });
});

describe('the worst case', () => {
  test('is input bound and output cap for each choice at their prices', () => {
    const features = sampleFeatures({ choices: 2 });
    // 400 × $1 + 2,000 × $4, per million.
    expect(worstCase(quote({ features }))).toBe(8_400_000n);
    expect(reservedTokens(quote({ features }))).toBe(2_400);
  });

  test('adds the most that each image can cost', () => {
    const model = sampleModel('a', { imageTokensMax: 1_000 });
    const features = sampleFeatures({ imageCount: 3 });
    expect(usageBounds(quote({ model, features })).inputTokensMax).toBe(3_400);
  });

  test('takes the dearest deployment', () => {
    const cheap = sampleDeployment({ price: row(1n, 1n, 1n) });
    expect(worstCase(quote({ deployments: [cheap, sampleDeployment(), cheap] }))).toBe(
      worstCase(quote()),
    );
  });

  test('takes the price of cached input where that is the dearer one', () => {
    const odd = sampleDeployment({ price: row(1n, 5_000_000n, 0n) });
    expect(worstCase(quote({ deployments: [odd] }))).toBe(2_000n);
  });

  test('is never below the cost of any plausible usage, nor below the expected cost', () => {
    const price = fc.tuple(
      fc.bigInt(0n, 10n ** 12n),
      fc.bigInt(0n, 10n ** 12n),
      fc.bigInt(0n, 10n ** 12n),
    );
    const tokens = fc.nat(10 * million);
    const three = fc.tuple(tokens, tokens, tokens);
    fc.assert(
      fc.property(
        fc.record({ prices: price, bound: tokens, cap: tokens, used: three }),
        ({ prices, bound, cap, used }) => {
          const deployment = sampleDeployment({ price: row(...prices) });
          const features = sampleFeatures({
            inputTokensBound: bound,
            inputTokensEstimate: Math.floor(bound / 4),
          });
          const asked = quote({ deployments: [deployment], features, outputCapTokens: cap });
          const inputTokens = Math.min(used[0], bound);
          const usage = {
            inputTokens,
            cachedInputTokens: Math.min(used[1], inputTokens),
            outputTokens: Math.min(used[2], cap),
            reasoningTokens: 0,
          };
          expect(plausibleUsage(usage, usageBounds(asked))).toBe(true);
          const worst = worstCase(asked);
          expect(priceUsage(deployment.price, usage)).toBeLessThanOrEqual(worst);
          expect(expectedCost(asked)).toBeLessThanOrEqual(worst);
        },
      ),
    );
  });
});

describe('priceUsage', () => {
  test('prices cached input apart and rounds up once', () => {
    const usage = { inputTokens: 10, cachedInputTokens: 4, outputTokens: 1, reasoningTokens: 0 };
    expect(priceUsage(samplePrice, usage)).toBe(6_000n + 2_000n + 4_000n);
    expect(priceUsage(row(1n, 1n, 1n), usage)).toBe(1n);
  });

  test('is exact: the smallest whole amount that is not below the true cost', () => {
    const amount = fc.bigInt(0n, 10n ** 13n);
    const tokens = fc.nat(1_000 * million);
    const three = fc.tuple(tokens, tokens, tokens);
    fc.assert(
      fc.property(fc.tuple(amount, amount, amount), three, ([i, c, o], used) => {
        const usage = {
          inputTokens: used[0] + used[1],
          cachedInputTokens: used[1],
          outputTokens: used[2],
          reasoningTokens: 0,
        };
        const exact = BigInt(used[0]) * i + BigInt(used[1]) * c + BigInt(used[2]) * o;
        const cost = priceUsage(row(i, c, o), usage);
        expect(cost * 1_000_000n).toBeGreaterThanOrEqual(exact);
        expect((cost - 1n) * 1_000_000n).toBeLessThan(exact === 0n ? 1n : exact);
      }),
    );
  });
});

describe('plausibleUsage', () => {
  const bounds = { inputTokensMax: 100, outputTokensMax: 50 };
  const usage = { inputTokens: 100, cachedInputTokens: 100, outputTokens: 50, reasoningTokens: 50 };

  test('accepts usage up to the bounds', () => {
    expect(plausibleUsage(usage, bounds)).toBe(true);
  });

  test.each([
    ['more input than was sent', { inputTokens: 101 }],
    ['more output than was allowed', { outputTokens: 51 }],
    ['more cached input than input', { inputTokens: 99 }],
    ['more reasoning than output', { outputTokens: 49 }],
    ['negative counts', { cachedInputTokens: -1 }],
    ['fractions', { inputTokens: 99.5, cachedInputTokens: 0 }],
    ['what is no number', { outputTokens: Number.NaN }],
  ])('refuses %s', (_, wrong) => {
    expect(plausibleUsage({ ...usage, ...wrong }, bounds)).toBe(false);
  });
});
