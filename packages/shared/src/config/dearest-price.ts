/** One price of two that stand for the same model: the dearer amount of each kind. */
import type { PriceRow, TokenRates } from '../domain/price-row.ts';
import { dearestAmount } from './dearest-amount.ts';
import { priceRowOf } from './price-row-of.ts';
import type { ParsedPrice } from './price-schema.ts';

/**
 * No request costs more at either of the two than at the price that is returned.
 *
 * @returns the first one itself when both come to the same.
 */
export function dearestPrice(one: ParsedPrice, other: ParsedPrice): ParsedPrice {
  const rows = [one, other].map((price) => priceRowOf({ name: 'row', price }, 'standard'));
  const [first, second] = rows;
  const isSame = first?.id === second?.id && one.batch_multiplier === other.batch_multiplier;
  if (isSame) return one;
  const sizes = [
    ...new Set(rows.flatMap(({ tiers }) => tiers.map((tier) => tier.aboveInputTokens))),
  ];
  const tiers = sizes
    .sort((left, right) => left - right)
    .map((above) => ({ above, ...dearestRates(rows.map((row) => ratesAbove(row, above))) }));
  const multipliers = [one, other].flatMap((price) => price.batch_multiplier ?? []);
  const sources = [...new Set([one.source, other.source])];
  return {
    ...dearestRates(rows),
    ...(tiers.length === 0 ? {} : { tiers }),
    ...(multipliers.length < 2 ? {} : { batch_multiplier: Math.max(...multipliers) }),
    per_request: most(rows.map((row) => row.perRequest)),
    per_image: most(rows.map((row) => row.perImage)),
    source: sources.join('; '),
    as_of: one.as_of,
  };
}

function ratesAbove(row: PriceRow, size: number): TokenRates {
  return row.tiers.findLast((tier) => tier.aboveInputTokens <= size) ?? row;
}

function dearestRates(rates: readonly TokenRates[]) {
  const output = most(rates.map((each) => each.output));
  return {
    input: most(rates.map((each) => each.input)),
    cached_input: most(rates.map((each) => each.cachedInput)),
    cache_write: most(rates.map((each) => each.cacheWrite)),
    // Zero here is that of a model which puts nothing out.
    ...(output === 0n ? {} : { output, reasoning: most(rates.map((each) => each.reasoning)) }),
  };
}

function most(amounts: readonly bigint[]): bigint {
  return dearestAmount(amounts) ?? 0n;
}
