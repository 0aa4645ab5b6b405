/** Durations counted in buckets that grow by a twelfth or less, so that percentiles add up. */

/** Bucket to count; only those that are not empty. */
export type Histogram = Readonly<Record<string, number>>;

const bucketsPerDoubling = 9;

/** @param ms whole, as ours are; below zero counts as zero: clocks of two machines may differ. */
export function bucketOf(ms: number): string {
  return ms < 1 ? '0' : String(1 + Math.floor(Math.log2(ms) * bucketsPerDoubling));
}

/** Adds one to another in place. */
export function addHistogram(sum: Record<string, number>, more: Histogram): void {
  for (const [bucket, count] of Object.entries(more)) sum[bucket] = (sum[bucket] ?? 0) + count;
}

/**
 * The duration that a share of all did not pass: never less than the true one, and at most a
 * twelfth more. `undefined` when nothing was counted.
 */
export function percentileMs(histogram: Histogram, share: number): number | undefined {
  const buckets = Object.entries(histogram)
    .map(([bucket, count]) => ({ bucket: Number(bucket), count }))
    .toSorted((left, right) => left.bucket - right.bucket);
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  let seen = 0;
  for (const { bucket, count } of buckets) {
    seen += count;
    // The largest whole number below the next bucket.
    if (seen >= total * share) return Math.ceil(2 ** (bucket / bucketsPerDoubling)) - 1;
  }
  return undefined;
}
