/**
 * Money: integers of nano-dollars (1e-9 USD) as bigint, never floating point.
 *
 * Ceilings are at most 9,000,000 USD, so that every amount (9e15 nano-dollars) stays below 2^53
 * and the store's scripts, whose numbers are doubles, add amounts without losing a digit.
 */

/** An amount in nano-dollars. */
export type NanoUsd = bigint;

/** Nano-dollars in one dollar. */
export const nanoPerUsd = 1_000_000_000n;

/** The largest ceiling: 9,000,000 USD, the largest round amount below 2^53 nano-dollars. */
export const ceilingNanoUsdMax: NanoUsd = 9_000_000n * nanoPerUsd;

const decimalPattern = /^(\d{1,16})(?:\.(\d{1,9}))?$/;

/**
 * Reads a decimal amount of dollars such as `"0.25"` exactly.
 *
 * @returns nano-dollars, or `undefined` when the text is not a plain non-negative decimal with
 *   at most nine digits after the point.
 */
export function parseUsd(text: string): NanoUsd | undefined {
  const match = decimalPattern.exec(text);
  if (match === null) return undefined;
  const whole = BigInt(match[1] ?? '0');
  const fraction = BigInt((match[2] ?? '').padEnd(9, '0'));
  return whole * nanoPerUsd + fraction;
}

/** Prints nano-dollars as decimal dollars without trailing zeros: `250000000n` is `"0.25"`. */
export function formatUsd(amount: NanoUsd): string {
  const sign = amount < 0n ? '-' : '';
  // Digits and no arithmetic: each plan prints two amounts for each of its candidates.
  const digits = (amount < 0n ? -amount : amount).toString().padStart(fractionDigits + 1, '0');
  const point = digits.length - fractionDigits;
  let end = digits.length;
  while (end > point && digits[end - 1] === '0') end -= 1;
  const whole = digits.slice(0, point);
  return end === point ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(point, end)}`;
}

/** Of a dollar in nano-dollars. */
const fractionDigits = 9;

/** A price in nano-dollars per million tokens; `1 USD per million tokens` is `1_000_000_000n`. */
export type NanoUsdPerMillionTokens = bigint;

/** One priced quantity of an attempt: tokens times price. */
export interface PricedTokens {
  readonly tokens: number;
  readonly price: NanoUsdPerMillionTokens;
}

/**
 * The cost of one attempt: the exact sum of all parts, rounded up once to a whole nano-dollar.
 *
 * @param parts token counts are non-negative integers.
 */
export function costOf(parts: readonly PricedTokens[]): NanoUsd {
  let millionths = 0n;
  for (const { tokens, price } of parts) {
    if (tokens !== 0) millionths += BigInt(tokens) * price;
  }
  return (millionths + 999_999n) / 1_000_000n;
}
