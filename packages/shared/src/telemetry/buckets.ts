/** Upper bounds of the histograms' buckets, in seconds. */

/** For what takes milliseconds: a step that asks the store, a reply. */
export const stepBuckets: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60,
];

/** For what takes seconds and may take minutes: calls, waits, moves. */
export const callBuckets: readonly number[] = [
  0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600,
];
