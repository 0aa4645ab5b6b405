import { expect, test } from 'vitest';
import { spreadOf } from './spread.ts';

test('the median of an even number of values lies between the two in the middle', () => {
  expect(spreadOf([4, 1, 10, 2])).toEqual({ median: 3, min: 1, max: 10 });
});

test('one value is its own spread', () => {
  expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7 });
});

test('no values have no spread', () => {
  expect(() => spreadOf([])).toThrow('no values');
});
