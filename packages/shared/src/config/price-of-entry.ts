/**
 * The price that an entry of a LiteLLM price list stands for: the most that the entry can mean for
 * requests that Forebay lets through. Amounts for what is refused at intake are not read: service
 * tiers, hosted tools with their searches, audio, `cache_control` with its hour. Multipliers for
 * regions are not read either; whoever uses one writes such a price down.
 */
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import type { NanoUsd } from '../domain/money.ts';
import { dearestAmount } from './dearest-amount.ts';
import { nanoUsdUp } from './decimal-usd.ts';
import { type EntryRates, entryRates, textRateMembers } from './entry-rates.ts';
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

/** @returns the price, or why there is none. */
export function priceOfEntry(
  name: string,
  entry: JsonObject,
  { source, asOf }: PriceOrigin,
): ParsedPrice | string {
  const mode = entry['mode'];
  if (!carriedModes.includes(mode)) return `its kind is ${JSON.stringify(mode)}`;
  const sized = entryRates(entry, mode !== 'embedding');
  if (sized === undefined) return 'its prices have a form that is not known';
  const [base, ...longer] = sized;
  const { input, output } = base?.rates ?? {};
  const gap = gapOf(entry, base?.rates ?? {});
  if (input === undefined || gap !== undefined) return gap ?? noPriceFor('input');
  const answersOtherwise = otherAnswer(entry, output);
  if (answersOtherwise !== undefined) return answersOtherwise;
  const perRequest = perRequestOf(name, entry);
  if (typeof perRequest === 'string') return perRequest;
  const tiers = longer.map(({ above, rates }) => ({ above, input, ...rates }));
  const perImage = nanoUsdUp(entry['input_cost_per_image'], 0);
  // No list has a batch price of a search or an image.
  const isByTokens = [perRequest, perImage].every((amount) => (amount ?? 0n) === 0n);
  const multiplier = isByTokens ? batchMultiplierOf(entry, output !== undefined) : undefined;
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

/** An answer with images is billed by them, and a request for text does not keep them away. */
function otherAnswer(entry: JsonObject, output: NanoUsd | undefined): string | undefined {
  const said = entry['supported_output_modalities'];
  if (Array.isArray(said) && !said.includes('image') && !said.includes('video')) return undefined;
  const isDearer = ['image', 'video'].some((kind) => {
    const rate = nanoUsdUp(entry[`output_cost_per_${kind}_token`], 6) ?? 0n;
    const each = nanoUsdUp(entry[`output_cost_per_${kind}`], 0) ?? 0n;
    return rate > (output ?? 0n) || each > 0n;
  });
  return isDearer ? 'it answers with images or video' : undefined;
}

/** Models that search for every request, asked or not. Others search with a hosted tool only. */
const searchingNames = /(^|\/)sonar(-|$)|-online$|-search(-|$)/;
const researchingNames = /deep-research/;

/** @returns what comes on top of the tokens of a call, or why nobody can know it. */
function perRequestOf(name: string, entry: JsonObject): NanoUsd | undefined | string {
  const isOpen = researchingNames.test(name) || 'citation_cost_per_token' in entry;
  if (isOpen) return 'it searches as often as it likes';
  const listed = nanoUsdUp(entry['input_cost_per_request'], 0);
  if (!searchingNames.test(name)) return listed;
  const perCall = (listed ?? 0n) + (dearestSearch(entry['search_context_cost_per_query']) ?? 0n);
  return perCall > 0n ? perCall : 'it searches for every request, and no price of that is listed';
}

function dearestSearch(listed: Json | undefined): NanoUsd | undefined {
  if (!isJsonObject(listed)) return undefined;
  return dearestAmount(Object.values(listed).map((each) => nanoUsdUp(each, 0)));
}

/**
 * The largest share of all rates, in thousandths and rounded up, because one number stands for all
 * of them; `undefined` where no price of a batch is listed, or not for all of a request.
 */
function batchMultiplierOf(entry: JsonObject, hasOutput: boolean): number | undefined {
  const shareOf = (member: string): number | undefined => {
    const [batch, usual] = [entry[`${member}_batches`], entry[member]];
    if (typeof batch !== 'number' || typeof usual !== 'number') return undefined;
    // A batch for nothing is a gap in the list, not a price.
    if (usual <= 0 || batch <= 0) return undefined;
    return Math.ceil(Number(((batch / usual) * 1_000).toFixed(6)));
  };
  const needed = ['input_cost_per_token', ...(hasOutput ? ['output_cost_per_token'] : [])];
  if (!needed.every((member) => shareOf(member) !== undefined)) return undefined;
  const shares = Object.keys(entry)
    .filter((member) => textRateMembers.some((rate) => member.startsWith(rate)))
    .flatMap((member) => shareOf(member) ?? []);
  const largest = Math.max(...shares);
  return largest <= 1_000 ? largest : undefined;
}
