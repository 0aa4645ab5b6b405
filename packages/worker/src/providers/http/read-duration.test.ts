import { expect, test } from 'vitest';
import { readDurationMs } from './read-duration.ts';

test.each([
  ['6m0s', 360_000],
  ['120ms', 120],
  ['1h2m3.5s', 3_723_500],
  ['1d', 86_400_000],
  ['1.5', 1_500],
  ['250µs', 0.25],
  ['5 minutes', undefined],
  ['s', undefined],
  ['', undefined],
  [undefined, undefined],
])('the duration %s is %s ms', (value, expected) => {
  expect(readDurationMs(value)).toBe(expected);
});
