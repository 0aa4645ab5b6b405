import type { JsonObject } from '@forebay/shared/domain/json';
import { describe, expect, test } from 'vitest';
import { textDeltas } from './text-deltas.ts';

const chunk = (...choices: JsonObject[]): JsonObject => ({
  object: 'chat.completion.chunk',
  choices,
});

describe('textDeltas', () => {
  test('finds the text of each choice, thoughts before the answer', () => {
    const found = textDeltas(
      chunk(
        { index: 0, delta: { content: 'so', reasoning_content: 'hm' } },
        { index: 3, delta: { refusal: 'no' } },
      ),
    );
    expect(found).toEqual([
      { choice: 0, field: 'reasoning', text: 'hm' },
      { choice: 0, field: 'content', text: 'so' },
      { choice: 3, field: 'refusal', text: 'no' },
    ]);
  });

  test('takes thoughts once that a server sends under both of their names', () => {
    const delta = { reasoning: 'hm', reasoning_content: 'hm' };
    expect(textDeltas(chunk({ index: 0, delta }))).toHaveLength(1);
  });

  test.each([
    ['the opening of a message', chunk({ index: 0, delta: { role: 'assistant', content: '' } })],
    ['a tool call', chunk({ index: 0, delta: { tool_calls: [{ function: { name: 'f' } }] } })],
    ['the end of a choice', chunk({ index: 0, delta: {}, finish_reason: 'stop' })],
    ['usage', { choices: [], usage: { prompt_tokens: 1 } }],
    ['a chunk of another form', { choices: 'none' }],
    ['content that is no text', chunk({ index: 0, delta: { content: [{ type: 'text' }] } })],
  ])('shows nothing of %s', (_, part) => {
    expect(textDeltas(part)).toEqual([]);
  });
});
