import { expect, test } from 'vitest';
import { createPlaces } from './places.ts';

test('a pool fetches one ticket in ten ahead, a small one none', () => {
  expect(createPlaces(() => 1).count()).toBe(1);
  expect(createPlaces(() => 9).count()).toBe(9);
  expect(createPlaces(() => 50).count()).toBe(55);
});

test('tickets whose ends are written get places beside those that call', () => {
  const places = createPlaces(() => 50);
  for (let n = 0; n < 20; n += 1) places.beginWriting();
  for (let n = 0; n < 1_000; n += 1) places.beginWriting()();
  expect(places.count()).toBe(75);
});

test('where one end is written after the other, no place is added', () => {
  const places = createPlaces(() => 50);
  for (let n = 0; n < 1_000; n += 1) places.beginWriting()();
  expect(places.count()).toBe(55);
});

test('a store that has become slow does not make a pool fetch without bound', () => {
  const places = createPlaces(() => 10);
  for (let n = 0; n < 10_000; n += 1) places.beginWriting();
  expect(places.count()).toBe(21);
});
