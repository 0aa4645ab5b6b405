/** How long a provider asks us to wait, out of all the places that say so. Never throws. */
import type { ResponseHeaders } from './exchange.ts';
import { headerValue } from './headers.ts';
import { readDecimal, readDurationMs } from './read-duration.ts';
import type { RetryHint } from './retry-hint.ts';

const dayMs = 24 * 60 * 60 * 1_000;

/** Longer texts are no durations or dates. */
const headerCharactersMax = 64;

/** What else the error says. */
export interface RetryContext {
  /** Wall clock, for dates. */
  readonly nowMs: number;
  /** What its body says. */
  readonly hint: RetryHint | undefined;
  /** Whether a limit was the reason: only then do limits that are not used up say anything. */
  readonly isRateLimited: boolean;
}

/**
 * The wait that an error answer asks for: `retry-after-ms`, else `retry-after` (seconds, also
 * with fractions, or an HTTP date), else what its body says, else the reset of a used-up limit
 * (`x-ratelimit-reset-*`, `anthropic-ratelimit-*-reset`).
 *
 * @param headers `undefined` for an error inside an answer with a success status.
 * @returns whole milliseconds, clamped to 0..24 h; `undefined` when nothing legible is said.
 */
export function readRetryAfterMs(
  headers: ResponseHeaders | undefined,
  context: RetryContext,
): number | undefined {
  const given = headers ?? {};
  const asked =
    readDecimal(text(given, 'retry-after-ms')) ??
    readSecondsOrDate(text(given, 'retry-after'), context.nowMs) ??
    waitOf(context.hint, context.nowMs) ??
    readResets(given, context);
  if (asked === undefined || Number.isNaN(asked)) return undefined;
  return Math.ceil(Math.min(Math.max(asked, 0), dayMs));
}

function waitOf(hint: RetryHint | undefined, nowMs: number): number | undefined {
  if (hint === undefined) return undefined;
  return hint.kind === 'after' ? hint.waitMs : hint.atMs - nowMs;
}

function text(headers: ResponseHeaders, name: string): string | undefined {
  const value = headerValue(headers, name)?.trim();
  return value === undefined || value.length > headerCharactersMax ? undefined : value;
}

function readSecondsOrDate(value: string | undefined, nowMs: number): number | undefined {
  const seconds = readDecimal(value);
  if (seconds !== undefined) return seconds * 1_000;
  // An HTTP date starts with the name of a day; `Date.parse` alone reads almost any text.
  if (value === undefined || !/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return undefined;
  // Dates of HTTP are in GMT, also in the old form that does not say so.
  const hasZone = !/\d$/.test(value) || /[+-]\d\d:?\d\d$/.test(value);
  const atMs = Date.parse(hasZone ? value : `${value} GMT`);
  return Number.isNaN(atMs) ? undefined : atMs - nowMs;
}

const limitNames = ['requests', 'tokens', 'input-tokens', 'output-tokens'];

/** The longest reset among limits that are used up, else the shortest of all resets. */
function readResets(
  headers: ResponseHeaders,
  { nowMs, isRateLimited }: RetryContext,
): number | undefined {
  const resets = limitNames.flatMap((name) => [
    {
      resetMs: readDurationMs(text(headers, `x-ratelimit-reset-${name}`)),
      usedUp: text(headers, `x-ratelimit-remaining-${name}`) === '0',
    },
    {
      resetMs: readMoment(text(headers, `anthropic-ratelimit-${name}-reset`), nowMs),
      usedUp: text(headers, `anthropic-ratelimit-${name}-remaining`) === '0',
    },
  ]);
  const known = resets.flatMap(({ resetMs, usedUp }) =>
    resetMs === undefined ? [] : [{ resetMs, usedUp }],
  );
  const usedUp = known.filter((reset) => reset.usedUp).map((reset) => reset.resetMs);
  if (usedUp.length > 0) return Math.max(...usedUp);
  if (!isRateLimited || known.length === 0) return undefined;
  return Math.min(...known.map((reset) => reset.resetMs));
}

/** A moment such as `2026-11-20T12:00:30Z`. */
function readMoment(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined || !/^\d{4}-\d\d-\d\dT[\d:.]{5,16}(?:Z|[+-]\d\d:\d\d)$/.test(value)) {
    return undefined;
  }
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : atMs - nowMs;
}
