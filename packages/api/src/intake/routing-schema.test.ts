import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { expect, test } from 'vitest';
import { parseJobRequest } from './parse-job-request.ts';

const minimal = { kind: 'chat.completions', model: 'auto', body: { messages: [] } };

function problemsOf(routing: unknown): readonly string[] {
  try {
    parseJobRequest({ ...minimal, routing });
  } catch (error) {
    if (ForebayError.is(error)) return error.errors.map(({ pointer, detail }) => pointer + detail);
    throw error;
  }
  return [];
}

test('is read into wishes of which only those are kept that were given', () => {
  const routingOf = (routing: unknown) => parseJobRequest({ ...minimal, routing }).routing;
  expect(parseJobRequest(minimal).routing).toBeUndefined();
  expect(routingOf({})).toBeUndefined();
  expect(routingOf({ weights: { quality: 3 }, min_quality: 0.5 })).toEqual({
    weights: { quality: 3 },
    minQuality: 0.5,
  });
  expect(routingOf({ strategy: 'cheapest_meeting', goal: { quality: 0.8, seconds: 30 } })).toEqual({
    strategy: 'cheapest_meeting',
    goal: { quality: 0.8, deadlineMs: 30_000 },
  });
});

test('has preferences and a session beside them', () => {
  const given = { prefer: ['a'], avoid: ['b', 'c'], session: 'talk 7' };
  expect(parseJobRequest({ ...minimal, routing: given }).routing).toEqual(given);
  expect(parseJobRequest({ ...minimal, routing: { prefer: [] } }).routing).toBeUndefined();
});

test.each([
  ['a model twice', { prefer: ['a', 'a'] }, '/routing/prefer', 'different models or aliases'],
  ['a model on both sides', { prefer: ['a'], avoid: ['a'] }, '/routing/avoid', 'is in "prefer"'],
  ['a session without a name', { session: '' }, '/routing/session', 'text of 1 to 256 characters'],
  ['a strategy that there is not', { strategy: 'quickest' }, '/routing/strategy', 'balanced, che'],
  ['a quality above 1', { min_quality: 70 }, '/routing/min_quality', 'a number from 0 to 1'],
  ['a negative weight', { weights: { cost: -1 } }, '/routing/weights/cost', 'from 0 to 1000'],
  ['an unknown part', { weights: { price: 1 } }, '/routing/weights/price', 'is not a field'],
  [
    'weights that weigh nothing',
    { weights: { cost: 0, speed: 0, quality: 0, load: 0 } },
    '/routing/weights',
    'at least one weight above 0',
  ],
  [
    'weights that nobody would read',
    { strategy: 'fastest', weights: { cost: 1 } },
    '/routing/weights',
    'only balanced uses them',
  ],
  [
    'a goal that nobody would read',
    { strategy: 'best', goal: { quality: 0.5 } },
    '/routing/goal',
    'only cheapest_meeting has one',
  ],
  [
    'weights and a goal',
    { weights: { cost: 1 }, goal: { quality: 0.5 } },
    '/routing/goal',
    '"weights" or "goal"',
  ],
  ['a text', 'fastest', '/routing', 'expected an object such as'],
])('refuses %s, with the field and what was expected', (...[, routing, pointer, expected]) => {
  const [problem = ''] = problemsOf(routing);
  expect(problem).toContain(pointer);
  expect(problem).toContain(expected);
});
