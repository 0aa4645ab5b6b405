/**
 * The rates of an entry of a LiteLLM price list by the size of the request. Long requests stand in
 * two forms there: members with the size in their names, and a list of ranges.
 */
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import type { NanoUsd } from '../domain/money.ts';
import { dearestAmount } from './dearest-amount.ts';
import { nanoUsdUp } from './decimal-usd.ts';

/**
 * Our rates by the members that hold them, before what those say about a size. The dearest counts:
 * what of a request is an image is not known before the call. What an entry of the cache costs that
 * lives longer is not here, because nobody can ask for one.
 */
const rateMembers = {
  input: ['input_cost_per_token', 'input_cost_per_image_token'],
  cached_input: ['cache_read_input_token_cost'],
  cache_write: ['cache_creation_input_token_cost'],
  output: ['output_cost_per_token'],
  reasoning: ['output_cost_per_reasoning_token'],
} as const;

// The keys of the literal above.
const rateNames = Object.keys(rateMembers) as readonly (keyof typeof rateMembers)[];

const allRateMembers: readonly string[] = Object.values(rateMembers).flat();

/** Amounts for a whole thing, which are read elsewhere; with those of tokens of it. */
const otherMembers = [
  ...['input_cost_per_request', 'input_cost_per_image', 'output_cost_per_image'],
  'output_cost_per_video',
];

/** Whether our rates are made of this member, whatever size it is for. */
export function isRateMember(member: string): boolean {
  return allRateMembers.includes(plainMember(member));
}

/** The dearest amount for each image of a request, whatever size that has. */
export function imageAmount(entry: JsonObject): NanoUsd | undefined {
  const members = Object.keys(entry).filter(
    (member) =>
      member.startsWith('input_cost_per_image') && !plainMember(member).includes('_token'),
  );
  return dearestAmount(members.map((member) => nanoUsdUp(entry[member], 0)));
}

function plainMember(member: string): string {
  return member.replace(sizeSuffix, '');
}

const sizeSuffix = /_above_(\d{1,5})k_tokens$/;

/** From dollars for a token to dollars for a million of them. */
const tokensShift = 6;

export type EntryRates = Partial<Record<keyof typeof rateMembers, NanoUsd>>;

export interface SizedRates {
  /** They hold for requests with more input tokens than this; 0 for every request. */
  readonly above: number;
  readonly rates: EntryRates;
}

/**
 * The smallest size first. A size says nothing lower than the one before it by leaving a rate out.
 * A rate of zero counts as left out.
 *
 * @param hasImages whether requests may carry images; then the dearer kind of input token counts.
 * @returns `undefined` when a rate or a range cannot be read.
 */
export function entryRates(
  entry: JsonObject,
  hasImages: boolean,
): readonly SizedRates[] | undefined {
  const ranges = rangesOf(entry['tiered_pricing']);
  if (ranges === undefined || ![entry, ...ranges.map(({ of }) => of)].every(isReadable)) {
    return undefined;
  }
  const places = [
    { above: 0, of: entry, suffix: '' },
    ...sizesIn(entry).map((thousands) => ({
      above: thousands * 1_000,
      of: entry,
      suffix: `_above_${thousands}k_tokens`,
    })),
    ...ranges.map((range) => ({ ...range, suffix: '' })),
  ];
  const sizes = [...new Set(places.map(({ above }) => above))].sort((left, right) => left - right);
  const found: SizedRates[] = [];
  for (const above of sizes) {
    const own = places.filter((place) => place.above === above);
    const rates = ratesOf(own, hasImages);
    found.push({ above, rates: continued(rates, found.at(-1)?.rates) });
  }
  return found;
}

interface Place {
  readonly of: JsonObject;
  readonly suffix: string;
}

function ratesOf(places: readonly Place[], hasImages: boolean): EntryRates {
  const rates: EntryRates = {};
  for (const name of rateNames) {
    const members = name === 'input' && !hasImages ? ['input_cost_per_token'] : rateMembers[name];
    const rate = dearestAmount(
      places.flatMap(({ of, suffix }) =>
        members.map((member) => nanoUsdUp(of[`${member}${suffix}`], tokensShift)),
      ),
    );
    if (rate !== undefined && rate > 0n) rates[name] = rate;
  }
  return rates;
}

/** What a size leaves out goes on from the one before; a special rate is at least the plain one. */
function continued(own: EntryRates, before: EntryRates | undefined): EntryRates {
  if (before === undefined) return own;
  const rates = { ...before, ...own };
  const least = { cached_input: rates.input, cache_write: rates.input, reasoning: rates.output };
  for (const name of ['cached_input', 'cache_write', 'reasoning'] as const) {
    if (own[name] !== undefined || before[name] === undefined) continue;
    const rate = dearestAmount([before[name], least[name]]);
    if (rate !== undefined) rates[name] = rate;
  }
  return rates;
}

function sizesIn(entry: JsonObject): readonly number[] {
  const sizes = Object.keys(entry).flatMap((member) => {
    const match = sizeSuffix.exec(member);
    return match?.[1] === undefined ? [] : [Number(match[1])];
  });
  return [...new Set(sizes)];
}

/** @returns `undefined` when it is no list of ranges. */
function rangesOf(
  listed: Json | undefined,
): readonly { readonly above: number; readonly of: JsonObject }[] | undefined {
  if (listed === undefined || listed === null) return [];
  if (!Array.isArray(listed)) return undefined;
  const ranges = listed.flatMap((of) => {
    const range = isJsonObject(of) ? of['range'] : undefined;
    const from = Array.isArray(range) ? range[0] : undefined;
    return isJsonObject(of) && typeof from === 'number' && from >= 0 ? [{ above: from, of }] : [];
  });
  return ranges.length === listed.length ? ranges : undefined;
}

/** A rate in a form that is not known must not be taken for one that is not there. */
function isReadable(entry: JsonObject): boolean {
  return Object.entries(entry).every(
    ([member, value]) =>
      value === null || !isAmount(member) || nanoUsdUp(value, shiftOf(member)) !== undefined,
  );
}

function isAmount(member: string): boolean {
  return [...allRateMembers, ...otherMembers].some((name) => member.startsWith(name));
}

/** Of amounts that are for no token, only the size of the request names one. */
function shiftOf(member: string): number {
  return plainMember(member).includes('_token') ? tokensShift : 0;
}
