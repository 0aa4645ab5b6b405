/**
 * The price that an entry of a LiteLLM price list stands for: the most that the entry can mean for
 * requests that Forebay lets through. Amounts for what is refused at intake are not read: service
 * tiers, hosted tools with their searches, audio, `cache_control` with its hour. Multipliers for
 * regions are not read either; whoever uses one writes such a price down.
 */
import { isJsonObject, type JsonObject } from '../domain/json.ts';
import type { NanoUsd } from '../domain/money.ts';
import { dearestAmount } from './dearest-amount.ts';
import { nanoUsdUp } from './decimal-usd.ts';
import { type EntryRates, entryRates, imageAmount, isRateMember } from './entry-rates.ts';
import { type ListedBill, openBill, searches } from './open-bill.ts';
import type { ParsedPrice } from './price-schema.ts';

export interface PriceOrigin {
  /** Where the file is from, for people. */
  readonly source: string;
  /** The day for which its prices hold, such as `2026-11-26`; files of ours say it themselves. */
  readonly asOf: string;
}

/** Kinds of models whose calls Forebay can carry; a model without a kind is taken for one. */
const carriedModes: readonly unknown[] = [
  undefined,
  'chat',
  'completion',
  'responses',
  'embedding',
];

const notKnown = 'its prices have a form that is not known';

/** @returns the price, or why there is none. */
export function priceOfEntry(
  name: string,
  entry: JsonObject,
  { source, asOf }: PriceOrigin,
): ParsedPrice | string {
  const mode = entry['mode'];
  if (!carriedModes.includes(mode)) return `its kind is ${JSON.stringify(mode)}`;
  const sized = entryRates(entry, mode !== 'embedding');
  if (sized === undefined) return notKnown;
  const [base, ...longer] = sized;
  const { input, output } = base?.rates ?? {};
  const gap = gapOf(entry, base?.rates ?? {});
  if (input === undefined || gap !== undefined) return gap ?? noPriceFor('input');
  const perRequest = perRequestOf(name, entry);
  if (perRequest === 'unreadable') return notKnown;
  const bill = { pictures: picturesOf(entry, output), perCall: perRequest };
  const why = openBill(name, bill);
  if (why !== undefined) return why;
  if ('citation_cost_per_token' in entry) return 'it searches as often as it likes';
  const tiers = longer.map(({ above, rates }) => ({ above, input, ...rates }));
  const perImage = imageAmount(entry);
  // No list has a batch price of a search or an image.
  const isByTokens = [perRequest, perImage].every((amount) => (amount ?? 0n) === 0n);
  const multiplier = isByTokens ? batchMultiplierOf(entry) : undefined;
  const from = entry['source'];
  return {
    input,
    ...base?.rates,
    ...(tiers.length === 0 ? {} : { tiers }),
    ...(multiplier === undefined ? {} : { batch_multiplier: multiplier }),
    ...(perRequest === undefined ? {} : { per_request: perRequest }),
    ...(perImage === undefined ? {} : { per_image: perImage }),
    source: typeof from === 'string' && from !== '' ? `${source}, ${from}` : source,
    as_of: asOf,
  };
}

/** Nothing is free unless an operator writes so. */
function gapOf(entry: JsonObject, { input, output }: EntryRates): string | undefined {
  const isZero = (member: string): boolean => entry[member] === 0;
  const isEmbedding = entry['mode'] === 'embedding';
  if (input === undefined && output === undefined && isZero('input_cost_per_token')) {
    return 'it is listed as free';
  }
  if (input === undefined) {
    return isZero('input_cost_per_token') ? zeroFor('input') : noPriceFor('input');
  }
  if (output !== undefined || isEmbedding) return undefined;
  return isZero('output_cost_per_token') ? zeroFor('output') : noPriceFor('output');
}

function zeroFor(kind: string): string {
  return `its price for ${kind} tokens is zero`;
}

function noPriceFor(kind: string): string {
  return `it has no price for ${kind} tokens`;
}

function picturesOf(entry: JsonObject, output = 0n): ListedBill['pictures'] {
  const said = entry['supported_output_modalities'];
  if (Array.isArray(said) && !said.includes('image') && !said.includes('video')) return 'as text';
  const amounts = ['image', 'video'].map((kind) => ({
    rate: nanoUsdUp(entry[`output_cost_per_${kind}_token`], 6) ?? 0n,
    each: nanoUsdUp(entry[`output_cost_per_${kind}`], 0) ?? 0n,
  }));
  if (amounts.some(({ rate, each }) => rate > output || each > 0n)) return 'dearer';
  return amounts.some(({ rate }) => rate > 0n) ? 'as text' : 'unlisted';
}

/** What comes on top of the tokens of a call. */
function perRequestOf(name: string, entry: JsonObject): NanoUsd | undefined | 'unreadable' {
  const listed = nanoUsdUp(entry['input_cost_per_request'], 0);
  const searchesListed = entry['search_context_cost_per_query'];
  if (!searches(name) || !isJsonObject(searchesListed)) return listed;
  const amounts = Object.values(searchesListed).map((each) => nanoUsdUp(each, 0));
  if (amounts.includes(undefined)) return 'unreadable';
  return (listed ?? 0n) + (dearestAmount(amounts) ?? 0n);
}

/**
 * The largest share of all rates, in thousandths and rounded up, because one number stands for all
 * of them; `undefined` where no price of a batch is listed, or not for each rate.
 */
function batchMultiplierOf(entry: JsonObject): number | undefined {
  // No list has batch prices by ranges.
  if (Array.isArray(entry['tiered_pricing'])) return undefined;
  const shares = Object.entries(entry)
    // A rate of zero counts as left out.
    .filter(([member, usual]) => isRateMember(member) && typeof usual === 'number' && usual > 0)
    .map(([member, usual]) => Number(entry[`${member}_batches`] ?? 0) / Number(usual));
  // A batch for nothing is a gap in the list, not a price.
  if (!shares.every((share) => share > 0)) return undefined;
  const largest = Math.ceil(Number((Math.max(...shares) * 1_000).toFixed(6)));
  return largest <= 1_000 ? largest : undefined;
}
