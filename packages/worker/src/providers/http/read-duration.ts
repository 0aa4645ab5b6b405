/** Durations and numbers as providers write them. Never throws. */
const unitMs: Readonly<Record<string, number>> = {
  d: 24 * 3_600_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 0.001,
  µs: 0.001,
  ns: 0.000_001,
};

/**
 * A duration such as `6m0s`, `1.5s` or `120ms`; a bare number is seconds.
 *
 * @returns milliseconds, not clamped; `undefined` when the text is none.
 */
export function readDurationMs(value: string | undefined): number | undefined {
  const seconds = readDecimal(value);
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

/** Decimal digits only: `Number` alone would also read hexadecimal and the empty text. */
export function readDecimal(value: string | undefined): number | undefined {
  return value !== undefined && /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(value)
    ? Number(value)
    : undefined;
}
