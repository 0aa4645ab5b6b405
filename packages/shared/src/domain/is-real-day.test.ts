import { expect, test } from 'vitest';
import { isRealDay } from './is-real-day.ts';

test.each([
  ['2026-11-26', true],
  ['2028-02-29', true],
  ['2026-02-29', false],
  ['2026-06-31', false],
  ['2026-13-01', false],
  ['2026-99-99', false],
  ['2026-00-10', false],
  ['2026-1-1', false],
  ['2026-11-26T00:00:00Z', false],
  ['', false],
])('%s: %s', (text, isReal) => {
  expect(isRealDay(text)).toBe(isReal);
});
