import type { JsonObject } from '@forebay/shared/domain/json';
import { describe, expect, test } from 'vitest';
import { answerFlaw } from './answer-flaw.ts';

const choice = (message: JsonObject, reason = 'stop'): JsonObject => ({
  message,
  finish_reason: reason,
});
const chat = (...choices: JsonObject[]) =>
  ({ kind: 'chat.completions', body: { choices }, isKeptShort: false }) as const;
const response = (part: JsonObject, more: JsonObject = {}) =>
  ({
    kind: 'responses',
    body: { output: [{ type: 'message', content: [part] }], ...more },
    isKeptShort: false,
  }) as const;

const refuses = choice({ content: null, refusal: 'No.' });
const cut = choice({ content: 'and so' }, 'length');
const plain = choice({ content: 'Yes.' });

describe('an answer that was delivered', () => {
  test.each([
    ['whole', chat(plain), undefined],
    ['cut at the cap of its model', chat(plain, cut), 'cut'],
    ['cut at a smaller cap, as was asked', { ...chat(cut), isKeptShort: true }, undefined],
    ['refused in each choice', chat(refuses, refuses), 'refusal'],
    ['refused in one choice of two', chat(refuses, plain), undefined],
    ['without a choice', chat(), undefined],
    ['a response', response({ type: 'output_text', text: 'Yes.' }), undefined],
    ['a response that refuses', response({ type: 'refusal', refusal: 'No.' }), 'refusal'],
    [
      'a cut response',
      response({ type: 'output_text', text: '' }, { status: 'incomplete' }),
      'cut',
    ],
    ['an embedding', { kind: 'embeddings', body: { data: [] }, isKeptShort: false }, undefined],
  ] as const)('%s', (_, answer, flaw) => {
    expect(answerFlaw(answer)).toBe(flaw);
  });
});
