/**
 * Buckets of measured times: quarter octaves, so that a bucket's ends are a fifth apart, from a
 * 16th of a millisecond to more than any attempt may last. Their number bounds what is kept.
 */
import type { Percentiles } from './live-figures.ts';

const smallestMs = 1 / 16;
const bucketsPerOctave = 4;
const lastBucket = 103;

/** The bucket of a time, from 0 on. */
export function latencyBucket(durationMs: number): number {
  const octaves = Math.log2(Math.max(durationMs, smallestMs) / smallestMs);
  return Math.min(lastBucket, Math.floor(octaves * bucketsPerOctave));
}

/** @param counts how many times fell into each bucket. @returns `undefined` without any. */
export function percentilesOf(counts: ReadonlyMap<number, number>): Percentiles | undefined {
  const buckets = [...counts].toSorted(([left], [right]) => left - right);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return undefined;
  const below = (share: number): number => {
    let left = share * total;
    for (const [bucket, count] of buckets) {
      if (left <= count) return timeIn(bucket, left / count);
      left -= count;
    }
    return timeIn(lastBucket, 1);
  };
  return { p50: below(0.5), p90: below(0.9), p99: below(0.99) };
}

/** The time that the given part of a bucket's times are below, as if they were spread evenly. */
function timeIn(bucket: number, part: number): number {
  const timeMs = smallestMs * 2 ** ((bucket + part) / bucketsPerOctave);
  return Math.round(timeMs * 100) / 100;
}
