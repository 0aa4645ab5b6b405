import { describe, expect, test } from 'vitest';
import { decide, inWords } from '../../../../test/support/decide-scene.ts';
import { sampleModel } from '../../../../test/support/sample-catalog.ts';

const wide = { contextWindowTokens: 200_000 };
const models = [
  sampleModel('alpha', {
    fallbacks: ['beta'],
    contextFallbacks: ['wide', 'wider'],
    contentFallbacks: ['open'],
  }),
  sampleModel('beta'),
  sampleModel('wide', wide),
  sampleModel('wider', { contextWindowTokens: 400_000 }),
  sampleModel('open'),
];
/** A job that names just the one model. */
const spec = { requested: 'alpha', models: [] };
const opted = { ...spec, fallbackOnFilter: true };
const tooLong = { models, errorClass: 'context_too_long' } as const;
const filtered = { models, errorClass: 'content_filtered' } as const;

describe('a model has lists of its own for some failures', () => {
  test('for prompts that do not fit it', () => {
    expect(inWords(decide({ ...tooLong, spec }))).toBe('move wide');
    expect(inWords(decide({ models, errorClass: 'server_error', spec }))).toBe('move beta');
  });

  test('for content that it filters, if the caller opted in', () => {
    expect(inWords(decide({ ...filtered, spec: opted }))).toBe('move open');
    expect(inWords(decide({ ...filtered, spec }))).toBe('failed provider_error');
  });

  test('which hold as long as the job lives', () => {
    const earlier = [['alpha', 'context_too_long']] as const;
    const scene = { models, spec, earlier, record: { model: 'wide' } };
    expect(inWords(decide({ ...scene, errorClass: 'timeout' }))).toBe('move wider');
    const waits = { kind: 'lane_closed', because: 'stopped' } as const;
    const live = { beta: {}, wider: {} };
    expect(inWords(decide({ ...scene, why: waits, live }))).toBe('move wider');
  });

  test('and which add nothing to a list that the caller gave', () => {
    const listed = { requested: 'alpha,beta', models: ['alpha', 'beta'] };
    expect(inWords(decide({ ...tooLong, spec: listed }))).toBe('failed provider_error');
  });

  test('and nothing to what a key may name', () => {
    const allowedModels = ['alpha', 'wider'];
    expect(inWords(decide({ ...tooLong, spec: { ...spec, allowedModels } }))).toBe('move wider');
  });
});

test('without a list, what did not fit or was filtered once is not tried there again', () => {
  const plain = ['alpha', 'beta'].map((name) => sampleModel(name));
  const scene = { models: [...plain, sampleModel('wide', wide)], errorClass: 'timeout' } as const;
  const past = (errorClass: 'context_too_long' | 'content_filtered') =>
    ({ ...scene, earlier: [['alpha', errorClass]], record: { model: 'wide' } }) as const;
  // Only `wide` is wide enough, although it was tried as often as `alpha` and `beta` never was.
  expect(inWords(decide(past('context_too_long')))).toBe('move wide');
  const move = decide({ ...past('content_filtered'), spec: { fallbackOnFilter: true } });
  expect(move).toMatchObject({
    candidate: { model: 'beta' },
    plan: { exclusions: [{ model: 'alpha', reason: 'it filtered this content' }] },
  });
});
