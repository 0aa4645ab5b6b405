import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  sampleDeployment,
  sampleFeatures,
  sampleModel,
  samplePrice,
  samplePriceRow,
} from '../../../../test/support/sample-catalog.ts';
import type { PriceRow, PriceTier, TokenRates } from '../domain/price-row.ts';
import type { Usage } from '../domain/usage.ts';
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

const row = (input: bigint, cachedInput: bigint, output: bigint): PriceRow =>
  samplePriceRow({ input, cachedInput, output });

const amount = fc.bigInt(0n, 10n ** 12n);
const tokens = fc.nat(10 * million);

const anyRates: fc.Arbitrary<TokenRates> = fc.record({
  input: amount,
  cachedInput: amount,
  cacheWrite: amount,
  output: amount,
  reasoning: amount,
});

const anyTiers: fc.Arbitrary<PriceTier[]> = fc
  .array(fc.tuple(fc.nat(10 * million), anyRates), { maxLength: 3 })
  .map((tiers) =>
    tiers
      .map(([aboveInputTokens, rates]) => ({ aboveInputTokens, ...rates }))
      .sort((left, right) => left.aboveInputTokens - right.aboveInputTokens),
  );

/** Any price that can be written, with tiers that may be dearer or cheaper than its base. */
const anyPrice: fc.Arbitrary<PriceRow> = fc
  .tuple(anyRates, anyTiers, amount, amount)
  .map(([rates, tiers, perRequest, perImage]) =>
    samplePriceRow({ ...rates, tiers, perRequest, perImage }),
  );

/** Shares of a whole, each of at most what the ones before it left. */
const shares = (whole: number, [first, second]: readonly [number, number]): [number, number] => {
  const one = Math.min(first, whole);
  return [one, Math.min(second, whole - one)];
};

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

  test('counts the highest tier that the input bound can reach', () => {
    const tier = {
      ...samplePriceRow({ input: 2_000_000_000n, output: 0n }),
      aboveInputTokens: 399,
    };
    const price = { ...samplePriceRow({ input: 1_000_000_000n, output: 0n }), tiers: [tier] };
    const at = (inputTokensBound: number): bigint =>
      worstCase(
        quote({
          features: sampleFeatures({ inputTokensBound }),
          deployments: [sampleDeployment({ price })],
        }),
      );
    expect([at(399), at(400)]).toEqual([399_000n, 800_000n]);
  });

  test('adds what a call and each of its images cost besides tokens', () => {
    const price = samplePriceRow({ input: 0n, output: 0n, perRequest: 7n, perImage: 100n });
    const features = sampleFeatures({ imageCount: 3 });
    expect(worstCase(quote({ features, deployments: [sampleDeployment({ price })] }))).toBe(307n);
  });

  test('is never below the cost of any plausible usage, nor below the expected cost', () => {
    const two = fc.tuple(tokens, tokens);
    fc.assert(
      fc.property(
        fc.record({
          price: anyPrice,
          bound: tokens,
          cap: tokens,
          input: fc.tuple(tokens, tokens, tokens),
          output: two,
          imageCount: fc.nat(20),
        }),
        ({ price, bound, cap, input, output, imageCount }) => {
          const features = sampleFeatures({
            inputTokensBound: bound,
            inputTokensEstimate: Math.floor(bound / 4),
            imageCount,
          });
          const deployments = [sampleDeployment({ price })];
          const asked = quote({ deployments, features, outputCapTokens: cap });
          const inputTokens = Math.min(input[0], bound);
          const [cachedInputTokens, cacheWriteTokens] = shares(inputTokens, [input[1], input[2]]);
          const [outputTokens, reasoningTokens] = [Math.min(output[0], cap), output[1]];
          const usage: Usage = {
            inputTokens,
            cachedInputTokens,
            cacheWriteTokens,
            outputTokens,
            reasoningTokens: Math.min(reasoningTokens, outputTokens),
          };
          expect(plausibleUsage(usage, usageBounds(asked))).toBe(true);
          const worst = worstCase(asked);
          expect(priceUsage(price, usage, imageCount)).toBeLessThanOrEqual(worst);
          expect(expectedCost(asked)).toBeLessThanOrEqual(worst);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('priceUsage', () => {
  const usage = { inputTokens: 10, cachedInputTokens: 4, outputTokens: 1, reasoningTokens: 0 };

  test('prices cached input apart and rounds up once', () => {
    expect(priceUsage(samplePrice, usage, 0)).toBe(6_000n + 2_000n + 4_000n);
    expect(priceUsage(row(1n, 1n, 1n), usage, 0)).toBe(1n);
  });

  test('bills a long request as a whole at the rates of its tier', () => {
    const base = samplePriceRow({ input: 1_000_000n, output: 1_000_000n });
    const price = {
      ...base,
      tiers: [
        { ...base, aboveInputTokens: 9, input: 2_000_000n, cachedInput: 0n },
        { ...base, aboveInputTokens: 10, input: 9_000_000n },
      ],
    };
    expect(priceUsage(price, { ...usage, inputTokens: 9 }, 0)).toBe(5n + 4n + 1n);
    expect(priceUsage(price, usage, 0)).toBe(12n + 0n + 1n);
    expect(priceUsage(price, { ...usage, inputTokens: 11 }, 0)).toBe(63n + 4n + 1n);
  });

  test('prices cache writes, reasoning, calls and images apart', () => {
    const price = samplePriceRow({
      ...{ input: 1_000_000n, cachedInput: 2_000_000n, cacheWrite: 30_000_000n },
      ...{ output: 400_000_000n, reasoning: 5_000_000_000n },
      ...{ perRequest: 60_000n, perImage: 700_000n },
    });
    const used = { ...usage, cacheWriteTokens: 3, outputTokens: 5, reasoningTokens: 2 };
    expect(priceUsage(price, used, 4)).toBe(
      3n + 8n + 90n + 1_200n + 10_000n + 60_000n + 2_800_000n,
    );
  });

  test('is exact: the smallest whole amount that is not below the true cost', () => {
    const used = fc.tuple(tokens, tokens, tokens, tokens, tokens);
    fc.assert(
      fc.property(anyRates, used, (rates, [fresh, cached, written, spoken, thought]) => {
        const exact =
          BigInt(fresh) * rates.input +
          BigInt(cached) * rates.cachedInput +
          BigInt(written) * rates.cacheWrite +
          BigInt(spoken) * rates.output +
          BigInt(thought) * rates.reasoning;
        const cost = priceUsage(
          samplePriceRow(rates),
          {
            inputTokens: fresh + cached + written,
            cachedInputTokens: cached,
            cacheWriteTokens: written,
            outputTokens: spoken + thought,
            reasoningTokens: thought,
          },
          0,
        );
        expect(cost * 1_000_000n).toBeGreaterThanOrEqual(exact);
        expect((cost - 1n) * 1_000_000n).toBeLessThan(exact === 0n ? 1n : exact);
      }),
    );
  });
});

describe('plausibleUsage', () => {
  const bounds = { inputTokensMax: 100, outputTokensMax: 50, imageCount: 0 };
  const usage = { inputTokens: 100, cachedInputTokens: 100, outputTokens: 50, reasoningTokens: 50 };

  test('accepts usage up to the bounds', () => {
    expect(plausibleUsage(usage, bounds)).toBe(true);
  });

  test.each([
    ['more input than was sent', { inputTokens: 101 }],
    ['more output than was allowed', { outputTokens: 51 }],
    ['more cached input than input', { inputTokens: 99 }],
    ['more reasoning than output', { outputTokens: 49 }],
    ['more cached and written input than input', { cacheWriteTokens: 1 }],
    ['negative counts', { cachedInputTokens: -1 }],
    ['fractions', { inputTokens: 99.5, cachedInputTokens: 0 }],
    ['what is no number', { outputTokens: Number.NaN }],
  ])('refuses %s', (_, wrong) => {
    expect(plausibleUsage({ ...usage, ...wrong }, bounds)).toBe(false);
  });
});
