import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ceilingNanoUsdMax, costOf, formatUsd, nanoPerUsd, parseUsd } from './money.ts';

describe('parseUsd', () => {
  test.each([
    ['0', 0n],
    ['1', nanoPerUsd],
    ['0.25', 250_000_000n],
    ['0.000000001', 1n],
    ['9000000', ceilingNanoUsdMax],
  ])('reads %s exactly', (text, amount) => {
    expect(parseUsd(text)).toBe(amount);
  });

  test.each(['', ' 1', '-1', '+1', '1.', '.5', '1e3', '0x1', '1,5', '0.0000000001', '１', 'NaN'])(
    'refuses %j',
    (text) => {
      expect(parseUsd(text)).toBeUndefined();
    },
  );
});

describe('formatUsd', () => {
  test('prints no trailing zeros and keeps the sign', () => {
    expect(formatUsd(0n)).toBe('0');
    expect(formatUsd(1_500_000_000n)).toBe('1.5');
    expect(formatUsd(-1n)).toBe('-0.000000001');
  });

  test('is undone by parseUsd for every amount', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, ceilingNanoUsdMax), (amount) => {
        expect(parseUsd(formatUsd(amount))).toBe(amount);
      }),
    );
  });
});

describe('the largest ceiling', () => {
  test('is exact as a double, as the scripts of the store need it', () => {
    expect(ceilingNanoUsdMax).toBeLessThan(BigInt(Number.MAX_SAFE_INTEGER));
  });
});

describe('costOf', () => {
  const part = fc.record({ tokens: fc.nat(10 ** 9), price: fc.bigInt(0n, 10n ** 15n) });

  test('is the exact sum, rounded up once', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        // Long addition, one token price at a time, instead of one reduction and a division.
        let whole = 0n;
        let rest = 0n;
        for (const { tokens, price } of parts) {
          const product = BigInt(tokens) * price;
          whole += product / 1_000_000n;
          rest += product % 1_000_000n;
        }
        while (rest > 0n) {
          whole += 1n;
          rest -= 1_000_000n;
        }
        expect(costOf(parts)).toBe(whole);
      }),
    );
  });

  test('of parts together is never above the sum of their own roundings', () => {
    fc.assert(
      fc.property(part, part, (left, right) => {
        expect(costOf([left, right])).toBeLessThanOrEqual(costOf([left]) + costOf([right]));
      }),
    );
  });

  test('of nothing is nothing', () => {
    expect(costOf([])).toBe(0n);
    expect(costOf([{ tokens: 0, price: nanoPerUsd }])).toBe(0n);
  });
});
