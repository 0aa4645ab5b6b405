/** How long a provider asks us to wait, out of all the headers that say so. Never throws. */
import type { ResponseHeaders } from './exchange.ts';
import { headerValue } from './headers.ts';

const dayMs = 24 * 60 * 60 * 1_000;

/** Longer texts are no durations or dates. */
const headerCharactersMax = 64;

const unitMs: Readonly<Record<string, number>> = {
  d: dayMs,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 0.001,
  µs: 0.001,
  ns: 0.000_001,
};

/**
 * The wait that an error answer asks for: `retry-after-ms`, else `retry-after` (seconds, also
 * with fractions, or an HTTP date), else the reset of a used-up limit (`x-ratelimit-reset-*`).
 *
 * @param nowMs wall clock, for dates.
 * @returns whole milliseconds, clamped to 0..24 h; `undefined` when nothing legible is said.
 */
export function readRetryAfterMs(headers: ResponseHeaders, nowMs: number): number | undefined {
  const asked =
    readNumber(text(headers, 'retry-after-ms')) ??
    readSecondsOrDate(text(headers, 'retry-after'), nowMs) ??
    readResets(headers);
  if (asked === undefined || Number.isNaN(asked)) return undefined;
  return Math.ceil(Math.min(Math.max(asked, 0), dayMs));
}

/**
 * A duration such as `6m0s`, `1.5s` or `120ms`; a bare number is seconds.
 *
 * @returns milliseconds, not clamped; `undefined` when the text is none.
 */
export function readDurationMs(value: string | undefined): number | undefined {
  const seconds = readNumber(value);
  if (seconds !== undefined) return seconds * 1_000;
  if (value === undefined || !/^(?:\d+(?:\.\d+)?(?:ms|us|µs|ns|d|h|m|s))+$/.test(value)) {
    return undefined;
  }
  let total = 0;
  for (const [, amount, unit] of value.matchAll(/(\d+(?:\.\d+)?)(ms|us|µs|ns|d|h|m|s)/g)) {
    total += Number(amount) * (unitMs[unit ?? ''] ?? 0);
  }
  return total;
}

function text(headers: ResponseHeaders, name: string): string | undefined {
  const value = headerValue(headers, name)?.trim();
  return value === undefined || value.length > headerCharactersMax ? undefined : value;
}

/** Decimal digits only: `Number` alone would also read hexadecimal and the empty text. */
function readNumber(value: string | undefined): number | undefined {
  return value !== undefined && /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(value)
    ? Number(value)
    : undefined;
}

function readSecondsOrDate(value: string | undefined, nowMs: number): number | undefined {
  const seconds = readNumber(value);
  if (seconds !== undefined) return seconds * 1_000;
  // An HTTP date starts with the name of a day; `Date.parse` alone reads almost any text.
  if (value === undefined || !/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return undefined;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : atMs - nowMs;
}

/** The longest reset among limits that are used up, else the shortest of all resets. */
function readResets(headers: ResponseHeaders): number | undefined {
  const resets = ['requests', 'tokens'].flatMap((name) => {
    const resetMs = readDurationMs(text(headers, `x-ratelimit-reset-${name}`));
    if (resetMs === undefined) return [];
    return [{ resetMs, usedUp: text(headers, `x-ratelimit-remaining-${name}`) === '0' }];
  });
  if (resets.length === 0) return undefined;
  const usedUp = resets.filter((reset) => reset.usedUp).map((reset) => reset.resetMs);
  if (usedUp.length > 0) return Math.max(...usedUp);
  return Math.min(...resets.map((reset) => reset.resetMs));
}
