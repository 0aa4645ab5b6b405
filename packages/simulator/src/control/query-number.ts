/** A whole number of a query, held within bounds; the fallback when absent or no number. */
export function queryNumber(
  query: URLSearchParams,
  name: string,
  bounds: { fallback: number; max: number },
): number {
  const text = query.get(name);
  const value = text === null ? Number.NaN : Number(text);
  return Number.isFinite(value) ? Math.min(Math.max(value, 0), bounds.max) : bounds.fallback;
}

/** The longest a long-poll waits. */
export const WAIT_MS_MAX = 120_000;
