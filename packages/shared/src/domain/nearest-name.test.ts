import { expect, test } from 'vitest';
import { didYouMean, nearestName } from './nearest-name.ts';

const known = ['models', 'providers', 'routes', 'defaults'];

test.each([
  ['model', 'models'],
  ['Models', 'models'],
  ['rotues', 'routes'],
  ['provders', 'providers'],
])('%s is taken for %s', (text, name) => {
  expect(nearestName(text, known)).toBe(name);
});

test('a name far from all others has no suggestion', () => {
  expect(nearestName('webhooks', known)).toBeUndefined();
  expect(didYouMean('webhooks', known)).toBe('');
});

test('a short name is suggested only when it differs in case', () => {
  expect(nearestName('b', ['a'])).toBeUndefined();
  expect(nearestName('A', ['a'])).toBe('a');
});

test('a suggestion reads as a question', () => {
  expect(didYouMean('model', known)).toBe(' (did you mean "models"?)');
});

test('a very long text is not compared at all', () => {
  expect(nearestName('m'.repeat(1_000_000), known)).toBeUndefined();
});
