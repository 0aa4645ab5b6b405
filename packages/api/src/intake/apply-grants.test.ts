import { describe, expect, test } from 'vitest';
import { grantedCeiling, grantedPriority } from './apply-grants.ts';

const forbidden = expect.objectContaining({ code: 'forbidden' });

describe('the ceiling of a job', () => {
  test.each([
    { asked: 7n, keyDefault: 5n, max: 10n, is: 7n },
    { asked: 10n, keyDefault: undefined, max: 10n, is: 10n },
    { asked: undefined, keyDefault: 5n, max: undefined, is: 5n },
    { asked: undefined, keyDefault: undefined, max: undefined, is: 100n },
    { asked: undefined, keyDefault: undefined, max: 10n, is: 10n },
    { asked: undefined, keyDefault: 50n, max: 10n, is: 10n },
  ])('is $is for $asked asked, $keyDefault by default, $max at most', (row) => {
    const grants = { ceilingDefault: row.keyDefault, ceilingMax: row.max };
    expect(grantedCeiling(row.asked, grants, 100n)).toBe(row.is);
  });

  test('is refused above the most that is allowed', () => {
    const grants = { ceilingDefault: undefined, ceilingMax: 10_000_000n };
    expect(() => grantedCeiling(20_000_000n, grants, 1n)).toThrow(forbidden);
    expect(() => grantedCeiling(20_000_000n, grants, 1n)).toThrow('at most 0.01 USD, not 0.02');
  });
});

describe('the priority of a job', () => {
  test.each([
    [3, 0, 3],
    [3, 3, 3],
    [undefined, 0, 5],
    [undefined, 7, 7],
  ])('is, for %s asked and %s at the most urgent, %s', (asked, priorityMin, expected) => {
    expect(grantedPriority(asked, { priorityMin })).toBe(expected);
  });

  test('is refused when it is more urgent than allowed', () => {
    expect(() => grantedPriority(0, { priorityMin: 2 })).toThrow(forbidden);
  });
});
