import { describe, expect, test } from 'vitest';
import { importPrices } from './import-prices.ts';
import { readPriceFile } from './read-price-file.ts';
import { writePriceFile } from './write-price.ts';

const origin = { source: 'prices.json', asOf: '2026-11-26' };

/** In the form of the LiteLLM list. */
const listed = {
  sample_spec: { input_cost_per_token: 0, litellm_provider: 'one of …', mode: 'chat' },
  'gpt-x': {
    litellm_provider: 'openai',
    mode: 'chat',
    input_cost_per_token: 1.25e-6,
    output_cost_per_token: 1e-5,
    cache_read_input_token_cost: 1.25e-7,
    input_cost_per_token_batches: 6.25e-7,
    output_cost_per_token_batches: 5e-6,
  },
  'anthropic/claude-x': {
    litellm_provider: 'anthropic',
    mode: 'chat',
    source: 'https://example.com/pricing',
    input_cost_per_token: 3e-6,
    output_cost_per_token: 1.5e-5,
    cache_creation_input_token_cost: 3.75e-6,
    output_cost_per_reasoning_token: 2e-5,
    input_cost_per_token_above_200k_tokens: 6e-6,
    output_cost_per_token_above_200k_tokens: 2.25e-5,
    input_cost_per_image: 0.0048,
  },
  'embed-x': { litellm_provider: 'openai', mode: 'embedding', input_cost_per_token: 2e-8 },
  'free-x': {
    litellm_provider: 'openai',
    mode: 'chat',
    input_cost_per_token: 0,
    output_cost_per_token: 0,
  },
  'paint-x': { litellm_provider: 'openai', mode: 'image_generation', input_cost_per_token: 1e-6 },
  'half-x': { litellm_provider: 'openai', mode: 'chat', input_cost_per_token: 1e-6 },
  'odd-x': { litellm_provider: 'openai', mode: 'chat', input_cost_per_token: '1e-6' },
};

describe('importPrices', () => {
  const imported = importPrices(JSON.stringify(listed), origin);
  if (imported.kind === 'unreadable') throw new Error(imported.problems.join());

  test('reads rates, tiers, batches and images of the LiteLLM list exactly', () => {
    expect(imported.prices.map(({ name }) => name)).toEqual([
      'openai/gpt-x',
      'anthropic/claude-x',
      'openai/embed-x',
    ]);
    expect(imported.prices[0]?.price).toEqual({
      input: 1_250_000_000n,
      cached_input: 125_000_000n,
      output: 10_000_000_000n,
      batch_multiplier: 500,
      source: 'prices.json',
      as_of: '2026-11-26',
    });
    expect(imported.prices[1]?.price).toMatchObject({
      cache_write: 3_750_000_000n,
      reasoning: 20_000_000_000n,
      per_image: 4_800_000n,
      tiers: [{ above: 200_000, input: 6_000_000_000n, output: 22_500_000_000n }],
      source: 'prices.json, https://example.com/pricing',
    });
  });

  test('leaves out what has no price for text, and what would be free, and says so', () => {
    expect(imported.leftOut).toEqual([
      { name: 'openai/free-x', why: 'it is listed as free' },
      { name: 'openai/paint-x', why: 'its kind is "image_generation"' },
      { name: 'openai/half-x', why: 'it has no price for output tokens' },
      { name: 'openai/odd-x', why: 'it has no price for input tokens' },
    ]);
  });

  test('gives a file that reads back as the same prices, and imports as itself', () => {
    const text = writePriceFile(imported.prices);
    const read = readPriceFile(text);
    if (read.kind === 'invalid') throw new Error(JSON.stringify(read.problems));
    expect(Object.entries(read.rows)).toEqual(
      imported.prices.map((each) => [each.name, each.price]),
    );
    expect(importPrices(text, origin)).toEqual({ ...imported, leftOut: [] });
    expect(readPriceFile(writePriceFile([]))).toEqual({ kind: 'read', rows: {} });
  });

  test.each([
    ['text', 'prices'],
    ['a list', '[1]'],
    ['an object of numbers', '{"a": 1}'],
    ['rows with a mistake', 'rows: {a/b: {input: -1, output: 1, source: t}}'],
  ])('refuses %s', (_, text) => {
    const result = importPrices(text, origin);
    expect(result).toMatchObject({ kind: 'unreadable', problems: [expect.any(String)] });
  });
});
