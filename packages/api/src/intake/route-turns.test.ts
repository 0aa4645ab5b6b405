import { expect, test } from 'vitest';
import { createRouteTurns } from './route-turns.ts';

test('each route has its own turns, and only what is taken counts', () => {
  const turns = createRouteTurns();
  const [spread, other] = [turns.of('spread'), turns.of('other')];
  expect([spread.next(), spread.next()]).toEqual([0, 0]);
  spread.take();
  spread.take();
  other.take();
  expect([spread.next(), turns.of('spread').next(), other.next()]).toEqual([2, 2, 1]);
});
