import fc from 'fast-check';
import { expect, test } from 'vitest';
import { latencyBucket, percentilesOf } from './latency-buckets.ts';

function countsOf(times: readonly number[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const bucket of times.map(latencyBucket)) counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  return counts;
}

test('without times there are no percentiles', () => {
  expect(percentilesOf(new Map())).toBeUndefined();
});

test('buckets are bounded, whatever a time is', () => {
  const last = latencyBucket(Number.MAX_SAFE_INTEGER);
  expect(last).toBeLessThan(128);
  for (const odd of [-1, 0, 0.001]) expect(latencyBucket(odd)).toBe(0);
});

test('a percentile is at most a fifth off the true one', () => {
  const times = Array.from({ length: 1_000 }, (_, n) => n + 1);
  const found = percentilesOf(countsOf(times));
  for (const [key, truth] of [
    ['p50', 500],
    ['p90', 900],
    ['p99', 990],
  ] as const) {
    expect(Math.abs((found?.[key] ?? 0) / truth - 1), key).toBeLessThan(0.2);
  }
});

test('percentiles are in order, and within a bucket of what was measured', () => {
  const time = fc.double({ min: 0.1, max: 3_600_000, noNaN: true });
  fc.assert(
    fc.property(fc.array(time, { minLength: 1, maxLength: 50 }), (times) => {
      const { p50, p90, p99 } = percentilesOf(countsOf(times)) ?? { p50: 0, p90: 0, p99: 0 };
      expect(p50).toBeLessThanOrEqual(p90);
      expect(p90).toBeLessThanOrEqual(p99);
      // Rounded to hundredths of a millisecond.
      expect(p50).toBeGreaterThanOrEqual(Math.min(...times) / 1.2 - 0.01);
      expect(p99).toBeLessThanOrEqual(Math.max(...times) * 1.2 + 0.01);
    }),
  );
});
