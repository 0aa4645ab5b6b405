import { describe, expect, test } from 'vitest';
import { readUsage } from './read-usage.ts';

const good = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 };

describe('readUsage', () => {
  test('reads the chat form with its details', () => {
    const usage = {
      ...good,
      prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 3 },
    };
    expect(readUsage('chat.completions', usage)).toEqual({
      inputTokens: 12,
      cachedInputTokens: 4,
      outputTokens: 5,
      reasoningTokens: 3,
    });
  });

  test('reads the responses form with its details', () => {
    const usage = {
      input_tokens: 30,
      input_tokens_details: { cached_tokens: 10 },
      output_tokens: 8,
      output_tokens_details: { reasoning_tokens: 2 },
      total_tokens: 38,
    };
    expect(readUsage('responses', usage)).toEqual({
      inputTokens: 30,
      cachedInputTokens: 10,
      outputTokens: 8,
      reasoningTokens: 2,
    });
  });

  test.each(['cache_write_tokens', 'cache_creation_tokens'])(
    'reads what was written into a cache, as %s, a part of the input',
    (field) => {
      const of = (written: number) =>
        readUsage('chat.completions', {
          ...good,
          prompt_tokens_details: { cached_tokens: 4, [field]: written },
        });
      expect(of(8)).toMatchObject({ inputTokens: 12, cachedInputTokens: 4, cacheWriteTokens: 8 });
      expect(of(9)).toBeUndefined();
    },
  );

  test('reads the embeddings form, which has no output', () => {
    expect(readUsage('embeddings', { prompt_tokens: 9, total_tokens: 9 })).toEqual({
      inputTokens: 9,
      cachedInputTokens: 0,
      outputTokens: 0,
      reasoningTokens: 0,
    });
  });

  test('details that are null or absent count as none', () => {
    const usage = { ...good, prompt_tokens_details: null, completion_tokens_details: {} };
    expect(readUsage('chat.completions', usage)).toMatchObject({
      cachedInputTokens: 0,
      reasoningTokens: 0,
    });
  });

  test.each([
    ['missing', undefined],
    ['null', null],
    ['text', 'many'],
    ['a list', [good]],
    ['without a count', { prompt_tokens: 12, total_tokens: 12 }],
    ['with a negative count', { ...good, completion_tokens: -5, total_tokens: 7 }],
    ['with a fraction', { ...good, prompt_tokens: 12.5 }],
    ['with a count as text', { ...good, prompt_tokens: '12' }],
    ['with zero input', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }],
    ['huge', { prompt_tokens: 1e15, completion_tokens: 5 }],
    ['with a total that does not add up', { ...good, total_tokens: 40 }],
    ['with a total as text', { ...good, total_tokens: '17' }],
    ['with more cached than input', { ...good, prompt_tokens_details: { cached_tokens: 13 } }],
    [
      'with more reasoning than output',
      { ...good, completion_tokens_details: { reasoning_tokens: 6 } },
    ],
    ['with broken details', { ...good, prompt_tokens_details: { cached_tokens: 'four' } }],
    ['with details as text', { ...good, prompt_tokens_details: 'four' }],
  ])('usage that is %s is none (F28)', (_name, usage) => {
    expect(readUsage('chat.completions', usage)).toBeUndefined();
  });
});
