/**
 * Usage in columns: rows that are equal in all dimensions and the hour are one row. Texts stand
 * once in a dictionary, rows hold their numbers, so that any grouping is one pass over arrays.
 *
 * B1. Every number is a whole one that a double holds exactly; a row whose amount would pass 2^52
 *     is two rows. So sums are exact, see `usage-tally.ts`.
 */

/** What every row has; declared metadata keys come on top as `metadata.<key>`. */
export const usageDimensions = [
  'model',
  'deployment',
  'key',
  'user',
  'batch',
  'state',
  'tags',
] as const;

export const usageMetrics = [
  'jobs',
  'attempts',
  'inputTokens',
  'cachedInputTokens',
  'cacheWriteTokens',
  'outputTokens',
  'reasoningTokens',
  'spent',
  'unknown',
] as const;

export type UsageMetric = (typeof usageMetrics)[number];

export type NumberColumn = Uint8Array | Uint16Array | Uint32Array | Float64Array;

export interface TextColumn {
  readonly values: readonly string[];
  /** For each row the place of its text in `values`. */
  readonly codes: NumberColumn;
}

export interface UsageBlock {
  readonly rows: number;
  /** Hours since 1970. */
  readonly hours: NumberColumn;
  readonly texts: ReadonlyMap<string, TextColumn>;
  readonly metrics: Readonly<Record<UsageMetric, NumberColumn>>;
}

export const amountPerRowMax = 2 ** 52;

/** The narrowest array that holds all of them (B1). */
export function packNumbers(numbers: ArrayLike<number>): NumberColumn {
  let largest = 0;
  let smallest = 0;
  for (let i = 0; i < numbers.length; i += 1) {
    const number = numbers[i] ?? 0;
    if (number > largest) largest = number;
    if (number < smallest) smallest = number;
  }
  if (smallest < 0 || largest > 0xffff_ffff) return Float64Array.from(numbers);
  if (largest > 0xffff) return Uint32Array.from(numbers);
  return largest > 0xff ? Uint16Array.from(numbers) : Uint8Array.from(numbers);
}
