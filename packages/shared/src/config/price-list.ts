/**
 * Prices of well-known services, as a library keeps them: the base under what an operator writes.
 *
 *  1. Its numbers are floats; they are read by their shortest decimal form and rounded up.
 *  2. Where a price depends on the hour or has several dates, the dearest that can hold from the
 *     day of the snapshot on is taken, so that no hour costs more than was reserved.
 *  3. A model that is listed at zero has no price here: nothing is free unless an operator says so.
 *  4. Amounts for what Forebay refuses (asked-for searches, audio, hosted tools) are left out. What
 *     a model costs that searches by itself is here for those only that have a price for each call.
 *  5. A model whose bill has no bound from these amounts has no price here, see open-bill.ts.
 */
import {
  type ConditionalPrice,
  calcPrice,
  findProvider,
  type ModelPrice,
  type PriceOptions,
  waitForUpdate,
} from '@pydantic/genai-prices';
import { dearestAmount } from './dearest-amount.ts';
import { nanoUsdUp } from './decimal-usd.ts';
import { type ListedBill, openBill } from './open-bill.ts';
import type { NamedPrice } from './price-row-of.ts';
import type { ParsedPrice } from './price-schema.ts';

/** The version of the library, and the day of its newest price. A test compares the version. */
export const priceListVersion = '0.1.8';
const priceListDay = '2026-09-23';

export interface ListedModel {
  /** Such as `openai/gpt-5`. */
  readonly name: string;
  /** Or why it has none, as in `it answers with images or video`. */
  readonly price: ParsedPrice | string;
}

/** What the list has for a model at a service that is named, such as `openai` and `gpt-5`. */
export function listedPrice(providerId: string, model: string): ListedModel | undefined {
  return lookUp(model, { providerId });
}

/** What the list has for a model at the service that this URL belongs to. */
export function listedPriceAt(baseUrl: string, model: string): ListedModel | undefined {
  return lookUp(model, { providerApiUrl: baseUrl });
}

/** Names like `openai/gpt-5` that have a price, of one service; for suggestions. */
export function listedNames(providerId: string): readonly string[] {
  const models = findProvider({ providerId })?.models ?? [];
  return models.flatMap(({ id, prices }) => named(`${providerId}/${id}`, prices)).map(nameOf);
}

function nameOf({ name }: NamedPrice): string {
  return name;
}

/** Every price of the snapshot, by service and model. */
export async function listedPrices(): Promise<readonly NamedPrice[]> {
  const providers = (await waitForUpdate()) ?? [];
  return providers.flatMap(({ id, models }) =>
    models.flatMap((model) => named(`${id}/${model.id}`, model.prices)),
  );
}

function lookUp(model: string, options: PriceOptions): ListedModel | undefined {
  const found = calcPrice({}, model, options);
  if (found === null) return undefined;
  const { provider, model: row } = found;
  const name = `${provider.id}/${row.id}`;
  const price = priceOf(name, row.prices);
  if (typeof price === 'string') return { name, price };
  // The list finds models by what their names begin with: a searching one by a plain one's, too.
  const asked = `${provider.id}/${model}`;
  const why = priceOf(asked, row.prices);
  return typeof why === 'string' ? { name: asked, price: why } : { name, price };
}

function named(name: string, prices: ConditionalPrice[] | ModelPrice): readonly NamedPrice[] {
  const price = priceOf(name, prices);
  return typeof price === 'string' ? [] : [{ name, price }];
}

/** @returns the price, or why there is none. */
function priceOf(name: string, prices: ConditionalPrice[] | ModelPrice): ParsedPrice | string {
  const possible = possiblePrices(prices);
  const price = dearestOf(possible);
  if (price === undefined) return 'it is listed without a price for its tokens';
  const bill = { pictures: picturesOf(possible, price.output), perCall: price.per_request };
  return openBill(name, bill) ?? price;
}

function picturesOf(prices: readonly ModelPrice[], output = 0n): ListedBill['pictures'] {
  const rates = prices.flatMap((price) =>
    ['output_image_mtok', 'output_video_mtok'].flatMap((rate) => amountOf(price[rate], 0) ?? []),
  );
  if (rates.length === 0) return 'unlisted';
  return rates.some((rate) => rate > output) ? 'dearer' : 'as text';
}

/** Rule 2. */
function possiblePrices(prices: ConditionalPrice[] | ModelPrice): readonly ModelPrice[] {
  if (!Array.isArray(prices)) return [prices];
  const startOf = ({ constraint }: ConditionalPrice): string =>
    constraint?.type === 'start_date' ? constraint.start_date : '';
  const started = prices.filter(({ constraint }) => constraint?.type !== 'time_of_date');
  const last = started.filter((each) => startOf(each) <= priceListDay).at(-1);
  return prices
    .filter(
      (each) =>
        each === last || each.constraint?.type === 'time_of_date' || startOf(each) > priceListDay,
    )
    .map((each) => each.prices);
}

/** Ours and theirs. Theirs are dollars per million tokens. */
const rateNames = {
  input: 'input_mtok',
  cached_input: 'cache_read_mtok',
  cache_write: 'cache_write_mtok',
  output: 'output_mtok',
  reasoning: 'output_reasoning_mtok',
} as const;

type RateName = keyof typeof rateNames;

/** What a rate is where a price does not name it. */
const elsewise: Partial<Record<RateName, RateName>> = {
  cached_input: 'input',
  cache_write: 'input',
  reasoning: 'output',
};

/** Rules 1 to 3. */
function dearestOf(prices: readonly ModelPrice[]): ParsedPrice | undefined {
  const base = ratesAt(prices, 0);
  const { input } = base;
  if (input === undefined) return undefined;
  const sizes = [...new Set(prices.flatMap(tierStarts))].sort((left, right) => left - right);
  const tiers = sizes.map((above) => ({ above, input, ...ratesAt(prices, above) }));
  const perRequest = dearestAmount(prices.map((each) => nanoUsdUp(each['requests_kcount'], -3)));
  const amounts = [...[base, ...tiers].flatMap((rates) => Object.values(rates)), perRequest];
  if (!amounts.some((amount) => typeof amount === 'bigint' && amount > 0n)) return undefined;
  return {
    input,
    ...base,
    ...(tiers.length === 0 ? {} : { tiers }),
    ...(perRequest === undefined ? {} : { per_request: perRequest }),
    source: `genai-prices ${priceListVersion}`,
    as_of: priceListDay,
  };
}

type Rates = Partial<Record<RateName, bigint>>;

/** The dearest of the prices for a request of just above this size, rate by rate. */
function ratesAt(prices: readonly ModelPrice[], size: number): Rates {
  const rates: Rates = {};
  for (const name of rateNameList) {
    const isNamed = prices.some((price) => rateAt(price, name, size) !== undefined);
    const other = elsewise[name];
    const found = dearestAmount(
      prices.map(
        (price) =>
          rateAt(price, name, size) ??
          (other === undefined ? undefined : rateAt(price, other, size)),
      ),
    );
    if (isNamed && found !== undefined) rates[name] = found;
  }
  return rates;
}

// The keys of the literal above.
const rateNameList = Object.keys(rateNames) as readonly RateName[];

function rateAt(price: ModelPrice, name: RateName, size: number): bigint | undefined {
  return amountOf(price[rateNames[name]], size);
}

function amountOf(rate: ModelPrice[string], size: number): bigint | undefined {
  if (typeof rate !== 'object') return nanoUsdUp(rate, 0);
  const tier = rate.tiers.findLast(({ start }) => start <= size);
  return nanoUsdUp(tier?.price ?? rate.base, 0);
}

function tierStarts(price: ModelPrice): readonly number[] {
  return rateNameList.flatMap((name) => {
    const rate = price[rateNames[name]];
    return typeof rate === 'object' ? rate.tiers.map(({ start }) => start) : [];
  });
}
