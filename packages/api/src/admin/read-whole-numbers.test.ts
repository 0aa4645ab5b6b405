import { expect, test } from 'vitest';
import { readWholeNumbers } from './read-whole-numbers.ts';

const read = (query: string) =>
  readWholeNumbers(new URLSearchParams(query), { limit: 1, after: 0 }, { limit: 10 });

test('numbers within their bounds are read', () => {
  expect(read('')).toEqual({});
  expect(read('limit=10&after=11')).toEqual({ limit: 10, after: 11 });
});

test.each([
  ['limit=11', '"limit": expected one whole number from 1 to 10.'],
  ['limit=0', '"limit": expected one whole number from 1 to 10.'],
  ['after=-1', '"after": expected one whole number from 0.'],
  ['limit=1&limit=2', '"limit": expected one whole number from 1 to 10.'],
  ['size=1', '"size": expected only limit, after.'],
])('%s is refused', (query, message) => {
  const error = expect.objectContaining({ code: 'invalid_request', message });
  expect(() => read(query)).toThrow(error);
});
