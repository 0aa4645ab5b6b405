/** Quantities as people write them in the configuration: durations, money, prices. */
import { z } from 'zod';
import { ceilingNanoUsdMax, type NanoUsd, parseUsd } from '../domain/money.ts';

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

type Unit = keyof typeof unitMs;

const durationPattern = /^(\d{1,9})(ms|s|m|h|d)$/;

/**
 * Reads a duration such as `500ms`, `5s`, `10m`, `24h` or `30d`.
 *
 * @returns milliseconds, or `undefined` for text of another form.
 */
export function parseDuration(text: string): number | undefined {
  const match = durationPattern.exec(text);
  if (match?.[1] === undefined) return undefined;
  // The pattern lets no other unit through.
  return Number(match[1]) * unitMs[match[2] as Unit];
}

/** Writes a duration in the largest unit that keeps it whole: 90,000 ms is `90s`. */
export function formatDuration(durationMs: number): string {
  const units: readonly Unit[] = ['d', 'h', 'm', 's'];
  const unit = units.find((each) => durationMs % unitMs[each] === 0) ?? 'ms';
  return `${durationMs / unitMs[unit]}${unit}`;
}

/** A duration of 1 ms to `maxMs`, as milliseconds. */
export function durationUpTo(maxMs: number, maxText: string) {
  const expected = `expected a duration from 1ms to ${maxText}, such as 500ms, 5s, 10m, 24h or 1d`;
  return z
    .string(expected)
    .regex(durationPattern, expected)
    .transform((text) => parseDuration(text) ?? 0)
    .refine((durationMs) => durationMs >= 1 && durationMs <= maxMs, expected);
}

const expectedUsd = 'expected a decimal of US dollars, such as "0.15", at most nine decimals';

/**
 * Dollars, exact. A plain YAML number works too: its shortest decimal form is what was typed,
 * for every number of up to 15 digits.
 */
export const usdAmount = z
  .union([z.string(), z.number()], expectedUsd)
  .transform(String)
  .refine((text) => parseUsd(text) !== undefined, expectedUsd)
  .transform((text): NanoUsd => parseUsd(text) ?? 0n)
  .refine((amount) => amount <= ceilingNanoUsdMax, 'expected at most 9000000 US dollars');

/** A whole number within these bounds. */
export function wholeNumber(min: number, max: number) {
  const expected = `expected a whole number from ${min} to ${max}`;
  return z.int(expected).min(min, expected).max(max, expected);
}
