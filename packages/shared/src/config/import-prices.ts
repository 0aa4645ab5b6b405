/**
 * Takes prices over from a file: one of ours, or the JSON in which the LiteLLM project lists prices
 * (an object of models, dollars for one token, a member for each kind of token and size).
 *
 * What has no price for text, or says zero, is left out with the reason: nothing is free unless an
 * operator writes so.
 */
import { isJsonObject, type JsonObject } from '../domain/json.ts';
import { nanoUsdUp } from './decimal-usd.ts';
import type { NamedPrice } from './price-row-of.ts';
import type { ParsedPrice } from './price-schema.ts';
import { readPriceFile } from './read-price-file.ts';

export type ImportedPrices =
  | {
      readonly kind: 'imported';
      readonly prices: readonly NamedPrice[];
      readonly leftOut: readonly { readonly name: string; readonly why: string }[];
    }
  | { readonly kind: 'unreadable'; readonly problems: readonly string[] };

export interface PriceOrigin {
  /** Where the file is from, for people. */
  readonly source: string;
  /** The day for which its prices hold, such as `2026-11-26`; files of ours say it themselves. */
  readonly asOf: string;
}

export function importPrices(text: string, origin: PriceOrigin): ImportedPrices {
  const listed = parseList(text);
  return listed === undefined ? takeOurs(text) : takeListed(listed, origin);
}

/** The other list, if the text is one. */
function parseList(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) && !('rows' in value) ? value : undefined;
  } catch {
    // Ours is YAML in most cases.
    return undefined;
  }
}

function takeOurs(text: string): ImportedPrices {
  const read = readPriceFile(text);
  if (read.kind === 'read') {
    const prices = Object.entries(read.rows).map(([name, price]) => ({ name, price }));
    return { kind: 'imported', prices, leftOut: [] };
  }
  const problems = read.problems.map(
    ({ line, column, path = [], message }) => `${line}:${column}: ${path.join('.')}: ${message}`,
  );
  return { kind: 'unreadable', problems };
}

/** Kinds of models whose calls Forebay can carry; a model without a kind is taken for one. */
const carriedModes: readonly unknown[] = [
  undefined,
  'chat',
  'completion',
  'responses',
  'embedding',
];

/** The entry that explains the others. */
const exampleName = 'sample_spec';

function takeListed(listed: JsonObject, origin: PriceOrigin): ImportedPrices {
  const prices: NamedPrice[] = [];
  const leftOut: { readonly name: string; readonly why: string }[] = [];
  for (const [key, entry] of Object.entries(listed)) {
    if (key === exampleName || !isJsonObject(entry)) continue;
    const name = nameOf(key, entry);
    const taken = priceOf(entry, origin);
    if (typeof taken === 'string') leftOut.push({ name, why: taken });
    else prices.push({ name, price: taken });
  }
  if (prices.length + leftOut.length > 0) return { kind: 'imported', prices, leftOut };
  const problem = 'expected `rows`, or an object of models in the form of the LiteLLM price list';
  return { kind: 'unreadable', problems: [problem] };
}

/** Some keys begin with their provider and some do not. */
function nameOf(key: string, { litellm_provider: provider }: JsonObject): string {
  if (typeof provider !== 'string' || key.startsWith(`${provider}/`)) return key;
  return `${provider}/${key}`;
}

/** @returns the price, or why there is none. */
function priceOf(entry: JsonObject, { source, asOf }: PriceOrigin): ParsedPrice | string {
  if (!carriedModes.includes(entry['mode'])) return `its kind is ${JSON.stringify(entry['mode'])}`;
  const { input, ...base } = ratesAt(entry, '');
  if (input === undefined) return 'it has no price for input tokens';
  if (base.output === undefined && entry['mode'] !== 'embedding') {
    return 'it has no price for output tokens';
  }
  const tiers = sizesIn(entry).map((thousands) => ({
    above: thousands * 1_000,
    input,
    ...ratesAt(entry, `_above_${thousands}k_tokens`),
  }));
  const multiplier = batchMultiplierOf(entry);
  const perRequest = nanoUsdUp(entry['input_cost_per_request'], 0);
  const perImage = nanoUsdUp(entry['input_cost_per_image'], 0);
  const amounts = [input, ...Object.values(base), perRequest, perImage];
  if (!amounts.some((amount) => amount !== undefined && amount > 0n)) return 'it is listed as free';
  const from = entry['source'];
  return {
    input,
    ...base,
    ...(tiers.length === 0 ? {} : { tiers }),
    ...(multiplier === undefined ? {} : { batch_multiplier: multiplier }),
    ...(perRequest === undefined ? {} : { per_request: perRequest }),
    ...(perImage === undefined ? {} : { per_image: perImage }),
    source: typeof from === 'string' ? `${source}, ${from}` : source,
    as_of: asOf,
  };
}

/** Our rates by the members that hold them, before what they say about a size. */
const rateMembers = {
  input: 'input_cost_per_token',
  cached_input: 'cache_read_input_token_cost',
  cache_write: 'cache_creation_input_token_cost',
  output: 'output_cost_per_token',
  reasoning: 'output_cost_per_reasoning_token',
} as const;

type Rates = Partial<Record<keyof typeof rateMembers, bigint>>;

/** @param suffix of a size; empty for every request. */
function ratesAt(entry: JsonObject, suffix: string): Rates {
  const rates: Rates = {};
  for (const [name, member] of Object.entries(rateMembers)) {
    const rate = nanoUsdUp(entry[`${member}${suffix}`], tokensShift);
    // The names of the literal above.
    if (rate !== undefined) rates[name as keyof Rates] = rate;
  }
  return rates;
}

/** From dollars for a token to dollars for a million of them. */
const tokensShift = 6;

function sizesIn(entry: JsonObject): readonly number[] {
  const sizes = Object.keys(entry).flatMap((member) => {
    const match = /_above_(\d{1,5})k_tokens$/.exec(member);
    return match?.[1] === undefined ? [] : [Number(match[1])];
  });
  return [...new Set(sizes)].sort((left, right) => left - right);
}

/** In thousandths and rounded up; `undefined` where no price of a batch is listed. */
function batchMultiplierOf(entry: JsonObject): number | undefined {
  const shares = ['input_cost_per_token', 'output_cost_per_token'].map((member) => {
    const [batch, usual] = [entry[`${member}_batches`], entry[member]];
    if (typeof batch !== 'number' || typeof usual !== 'number') return undefined;
    // A batch for nothing is a gap in the list, not a price.
    if (usual <= 0 || batch <= 0) return undefined;
    return Math.min(1_000, Math.ceil(Number(((batch / usual) * 1_000).toFixed(6))));
  });
  const known = shares.filter((share) => share !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
