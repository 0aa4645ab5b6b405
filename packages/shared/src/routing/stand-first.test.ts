import { expect, test } from 'vitest';
import { names, plan, routed, type Scene } from '../../../../test/support/plan-scene.ts';
import { sampleModel } from '../../../../test/support/sample-catalog.ts';
import type { RouteDirectives } from '../domain/route-directives.ts';

const catalog = routed(
  'best',
  ['a', 'b', 'c', 'd'].map((name) => sampleModel(name)),
);

function order(
  directives: Omit<RouteDirectives, 'because'>,
  scene: Omit<Scene, 'catalog' | 'directives'> = {},
): string {
  const result = plan({ catalog, directives: { ...directives, because: [] }, ...scene });
  return names(result).join('');
}

test('a canary leads, then the model of the session, then preferred ones by score', () => {
  expect(order({})).toBe('abcd');
  expect(order({ preferModels: ['d', 'c'], stickTo: 'b', leadWith: 'c' })).toBe('cbda');
  expect(order({ preferModels: ['d', 'c'] })).toBe('cdab');
});

test('the plan says why a model stands first', () => {
  const { candidates } = plan({ catalog, directives: { stickTo: 'd', because: [] } });
  expect(candidates[0]?.reason).toContain('answered this session before');
});

test('what the job has tried less often stands before all of them', () => {
  const history = { visited: new Map([['c', 1]]) };
  expect(order({ leadWith: 'c', stickTo: 'b' }, { history })).toBe('badc');
});

test('a doubt ends a session, but not a canary, where every model is in doubt', () => {
  const dead = { poolAlive: false };
  const live = { a: dead, b: dead, c: dead, d: dead };
  expect(order({ stickTo: 'b', preferModels: ['c'] }, { live })).toBe('abcd');
  expect(order({ leadWith: 'd' }, { live })).toBe('dabc');
  expect(order({ stickTo: 'b' }, { live: { b: dead } })).toBe('acd');
});

test('a preference leaves the order of a caller who gave one, a session does not', () => {
  const models = ['d', 'a', 'b'];
  expect(order({ preferModels: ['b'] }, { models })).toBe('dab');
  expect(order({ stickTo: 'b' }, { models })).toBe('bda');
});

test('nobody leads while money runs short', () => {
  expect(order({ leadWith: 'd', stickTo: 'c' }, { brownout: 'little is left' })).toBe('abcd');
});

test('the job decides on strategy and weights before rules, and rules before the route', () => {
  const strategyOf = (scene: Omit<Scene, 'catalog'>) => plan({ catalog, ...scene }).strategy;
  const directives = { strategy: 'fastest', because: [] } as const;
  expect(strategyOf({ directives })).toBe('fastest');
  expect(strategyOf({ directives, wishes: { strategy: 'cheapest' } })).toBe('cheapest');
  const weighed = { weights: { cost: 2, load: 3 }, because: [] };
  const wishes = { weights: { cost: 5 } };
  const { weights } = plan({ catalog, directives: weighed, wishes });
  expect(weights).toEqual({ cost: 5, speed: 1, quality: 1, load: 3 });
});
