/**
 * Checks that are made some hundred times for each step: the library is asked, for its message,
 * only about what does not hold.
 */
import { expect } from 'vitest';

export function holds(condition: boolean, what: string): void {
  if (!condition) expect(condition, what).toBe(true);
}

export function same(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) expect(actual, what).toBe(expected);
}

/** The same texts, as often, in any order. */
export function sameTexts(
  actual: readonly string[],
  expected: readonly string[],
  what: string,
): void {
  const [left, right] = [actual.toSorted(), expected.toSorted()];
  if (left.join('\n') !== right.join('\n')) expect(left, what).toEqual(right);
}
