/** How a price is written: in the configuration, beside a model, and in a file of prices. */
import { z } from 'zod';
import { isRealDay } from '../domain/is-real-day.ts';
import type { NanoUsd } from '../domain/money.ts';
import { usdAmount } from './quantities.ts';

const tierSizeExpected = 'expected a whole number of input tokens, at least 1';

const tier = z.strictObject({
  above: z
    .int(tierSizeExpected)
    .min(1, tierSizeExpected)
    .max(100_000_000, tierSizeExpected)
    .describe('Holds for requests with more input tokens than this, for all of their tokens.'),
  input: usdAmount.describe('As above, for these requests.'),
  cached_input: usdAmount.optional().describe('None: as `input` of the tier.'),
  cache_write: usdAmount.optional().describe('None: as `input` of the tier.'),
  output: usdAmount.optional().describe('None: as `output` of the price.'),
  reasoning: usdAmount.optional().describe('None: as `output` of the tier.'),
});

const tiersExpected = 'expected tiers of different sizes, the smallest first';

const multiplierExpected =
  'expected a number from 0.001 to 1 with at most three decimals, such as 0.5';

/** In thousandths, so that a multiplied rate stays exact. */
const batchMultiplier = z
  .number(multiplierExpected)
  .min(0.001, multiplierExpected)
  .max(1, multiplierExpected)
  .refine((share) => Number(share.toFixed(3)) === share, multiplierExpected)
  .transform((share) => Math.round(share * 1_000));

const dayExpected = 'expected a day of the calendar such as 2026-09-23';

export const priceSchema = z
  .strictObject({
    input: usdAmount
      .optional()
      .describe('US dollars per million input tokens. May be left out with `free: true` only.'),
    cached_input: usdAmount
      .optional()
      .describe('The same for input that the provider had cached. None: as `input`.'),
    cache_write: usdAmount
      .optional()
      .describe('The same for input that the provider writes into its cache. None: as `input`.'),
    output: usdAmount
      .optional()
      .describe('US dollars per million output tokens. May be left out for embeddings only.'),
    reasoning: usdAmount
      .optional()
      .describe('The same for output that is reasoning. None: as `output`.'),
    tiers: z
      .array(tier)
      .max(16, 'expected at most 16 tiers')
      .refine(isRising, tiersExpected)
      .optional()
      .describe('Rates of long requests.'),
    batch_multiplier: batchMultiplier
      .optional()
      .describe('What of the price is billed where a deployment is `billed_as: batch`.'),
    per_request: usdAmount.optional().describe('US dollars for each call, besides its tokens.'),
    per_image: usdAmount
      .optional()
      .describe('US dollars for each image of a request, besides its tokens.'),
    free: z
      .literal(true, 'expected true, or nothing')
      .optional()
      .describe('Says that nothing is billed; a price of zero is refused without it.'),
    source: z
      .string('expected a text')
      .min(1, 'expected a text')
      .describe('Where the price was looked up, and when; for people.'),
    as_of: z
      .string(dayExpected)
      .refine(isRealDay, dayExpected)
      .optional()
      .describe(
        'The day for which it was looked up, as year-month-day. None: names say `undated`.',
      ),
  })
  .refine((price) => price.input !== undefined || price.free === true, {
    path: ['input'],
    error: 'expected a decimal of US dollars, such as "0.15"',
  })
  .refine((price) => (price.free === true) === isZero(price) || isMissing(price), {
    path: ['free'],
    error: 'expected `free: true` exactly where every amount is zero: no price is zero by accident',
  });

export type ParsedPrice = z.output<typeof priceSchema>;

const rowNameExpected = 'expected a name such as provider/model, at most 256 characters';

/** A file of prices: rows that `price_from` can name. */
export const priceFileSchema = z.strictObject({
  rows: z
    .record(z.string().regex(/^[^\s/][^\s]{0,255}$/, rowNameExpected), priceSchema)
    .describe('Prices by name, such as `openai/gpt-5`.'),
});

/** Told as a missing input price already. */
function isMissing({
  input,
  free,
}: {
  readonly input?: unknown;
  readonly free?: unknown;
}): boolean {
  return input === undefined && free === undefined;
}

function isZero({ tiers = [], ...rates }: { readonly tiers?: readonly object[] | undefined }) {
  const amounts = [rates, ...tiers].flatMap((each): unknown[] => Object.values(each));
  return amounts.every((amount) => typeof amount !== 'bigint' || amount === zero);
}

const zero: NanoUsd = 0n;

function isRising(tiers: readonly { readonly above: number }[]): boolean {
  return tiers.every((each, index) => index === 0 || each.above > (tiers[index - 1]?.above ?? 0));
}
