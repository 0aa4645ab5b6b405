/** Makes the row that calls are priced by out of a price as it was written or found. */
import type { NanoUsd } from '../domain/money.ts';
import type { PriceRow, PriceTier, TokenRates } from '../domain/price-row.ts';
import { hashOf } from './content-hash.ts';
import type { ParsedPrice } from './price-schema.ts';

/** Hexadecimal digits of the content in an id: to tell versions of one row apart. */
const contentCharacters = 8;

export interface NamedPrice {
  /** Such as `openai/gpt-5`. */
  readonly name: string;
  readonly price: ParsedPrice;
}

/**
 * Fills in what the price leaves out.
 *
 * @param billedAs `batch` multiplies every amount by `batch_multiplier`, which must be there.
 */
export function priceRowOf({ name, price }: NamedPrice, billedAs: BilledAs): PriceRow {
  const perMille = billedAs === 'batch' ? BigInt(price.batch_multiplier ?? 1_000) : 1_000n;
  const base = ratesOf(price, price, perMille);
  const amounts = {
    ...base,
    tiers: (price.tiers ?? []).map(
      (tier): PriceTier => ({
        aboveInputTokens: tier.above,
        ...ratesOf(tier, price, perMille),
      }),
    ),
    perRequest: scaled(price.per_request ?? 0n, perMille),
    perImage: scaled(price.per_image ?? 0n, perMille),
  };
  const content = hashOf(amounts).slice(0, contentCharacters);
  const id = `${name}@${price.as_of ?? 'undated'}+${content}`;
  return { id, source: price.source, asOf: price.as_of, ...amounts };
}

/** How a deployment's provider bills it. */
export const billings = ['standard', 'batch'] as const;

export type BilledAs = (typeof billings)[number];

type Rates = Pick<ParsedPrice, 'input' | 'cached_input' | 'cache_write' | 'output' | 'reasoning'>;

function ratesOf(rates: Rates, base: Rates, perMille: bigint): TokenRates {
  // Only free prices have no input, and only pure embedding models no output.
  const input = rates.input ?? 0n;
  const output = rates.output ?? base.output ?? 0n;
  return {
    input: scaled(input, perMille),
    cachedInput: scaled(rates.cached_input ?? input, perMille),
    cacheWrite: scaled(rates.cache_write ?? input, perMille),
    output: scaled(output, perMille),
    reasoning: scaled(rates.reasoning ?? output, perMille),
  };
}

/** Rounded up: a price is never a little less than what is billed. */
function scaled(amount: NanoUsd, perMille: bigint): NanoUsd {
  return (amount * perMille + 999n) / 1_000n;
}
