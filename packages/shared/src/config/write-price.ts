/** A price as it is written in a file; reading it gives the same price again. */
import type { JsonObject } from '../domain/json.ts';
import { formatUsd } from '../domain/money.ts';
import type { NamedPrice } from './price-row-of.ts';
import type { ParsedPrice } from './price-schema.ts';

export function writePrice({
  tiers,
  batch_multiplier: perMille,
  ...price
}: ParsedPrice): JsonObject {
  return {
    ...amountsAsText(price),
    ...(tiers === undefined ? {} : { tiers: tiers.map((tier) => amountsAsText(tier)) }),
    ...(perMille === undefined ? {} : { batch_multiplier: perMille / 1_000 }),
  };
}

/** A whole file of prices, one row a line: YAML, so that a row can be found and edited. */
export function writePriceFile(prices: readonly NamedPrice[]): string {
  const rows = prices.map(
    ({ name, price }) => `  ${JSON.stringify(name)}: ${JSON.stringify(writePrice(price))}\n`,
  );
  return prices.length === 0 ? 'rows: {}\n' : `rows:\n${rows.join('')}`;
}

function amountsAsText(members: Readonly<Record<string, unknown>>): JsonObject {
  const written: Record<string, string | number | true> = {};
  for (const [name, value] of Object.entries(members)) {
    if (typeof value === 'bigint') written[name] = formatUsd(value);
    else if (typeof value === 'string' || typeof value === 'number') written[name] = value;
    else if (value === true) written[name] = true;
  }
  return written;
}
