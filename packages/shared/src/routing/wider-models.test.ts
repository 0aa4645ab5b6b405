import { expect, test } from 'vitest';
import { names, plan, routed, whyNot } from '../../../../test/support/plan-scene.ts';
import { sampleCatalog, sampleModel } from '../../../../test/support/sample-catalog.ts';

const small = { contextWindowTokens: 8_000 };
const models = [
  sampleModel('small', { ...small, fallbacks: ['spare'], contextFallbacks: ['wide', 'wider'] }),
  sampleModel('spare', { ...small, contextFallbacks: ['small', 'wider'] }),
  sampleModel('wide', { contextWindowTokens: 32_000 }),
  sampleModel('wider', { contextWindowTokens: 200_000 }),
];
const catalog = sampleCatalog(models);
const promptOf = (tokens: number) => ({ inputTokensEstimate: tokens, inputTokensBound: tokens });

test('a prompt that fits no model that was named goes to the lists they have for it', () => {
  const scene = { catalog, requested: 'small' };
  expect(names(plan({ ...scene, features: promptOf(1_000) }))).toEqual(['small', 'spare']);
  const long = plan({ ...scene, features: promptOf(20_000) });
  expect(names(long)).toEqual(['wide', 'wider']);
  expect(whyNot(long, 'small')?.code).toBe('context_too_small');
  const longer = plan({ ...scene, features: promptOf(50_000) });
  expect(names(longer)).toEqual(['wider']);
  expect(whyNot(longer, 'wide')?.code).toBe('context_too_small');
});

test('a model that fits keeps the lists closed', () => {
  const route = routed('cheapest', models.slice(0, 3));
  expect(names(plan({ catalog: route, features: promptOf(20_000) }))).toEqual(['wide']);
});

test('a route opens the lists of its models, a list of the caller opens none', () => {
  const two = models.slice(0, 2);
  const route = { ...catalog, routes: routed('cheapest', two).routes };
  const features = promptOf(20_000);
  expect(names(plan({ catalog: route, features }))).toEqual(['wide', 'wider']);
  const listed = { requested: 'small,spare', models: ['small', 'spare'] };
  expect(names(plan({ catalog, ...listed, features }))).toEqual([]);
});

test('a key that may not name a model does not get it in this way', () => {
  const allowed = ['small', 'wider'];
  const result = plan({ catalog, requested: 'small', allowed, features: promptOf(20_000) });
  expect(names(result)).toEqual(['wider']);
  expect(whyNot(result, 'wide')?.code).toBe('not_allowed');
});
