import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../domain/json.ts';
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
    cache_read_input_token_cost_batches: 6.25e-8,
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

/** A chat model at a dollar for a million tokens. */
function entry(members: JsonObject): JsonObject {
  const price = { input_cost_per_token: 1e-6, output_cost_per_token: 1e-6 };
  return { litellm_provider: 'openai', mode: 'chat', ...price, ...members };
}

function take(list: JsonObject) {
  const taken = importPrices(JSON.stringify(list), origin);
  if (taken.kind === 'unreadable') throw new Error(taken.problems.join());
  return taken;
}

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
      { name: 'openai/odd-x', why: 'its prices have a form that is not known' },
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

  test('makes one row of entries with one name, the dearest of each amount', () => {
    const [cheap, dear] = [1e-6, 2e-6];
    const all = take({
      'chat-x': entry({ input_cost_per_token: dear, output_cost_per_token: cheap }),
      'openai/chat-x': entry({
        input_cost_per_token: cheap,
        output_cost_per_token: dear,
        output_cost_per_token_above_9k_tokens: 3e-6,
      }),
      'same-x': entry({}),
      'openai/same-x': entry({ cache_creation_input_token_cost: 0 }),
    });
    expect(all.joined).toEqual(['openai/chat-x']);
    expect(all.prices.map(({ name }) => name)).toEqual(['openai/chat-x', 'openai/same-x']);
    expect(all.prices[0]?.price).toMatchObject({
      input: 2_000_000_000n,
      output: 2_000_000_000n,
      tiers: [{ above: 9_000, input: 2_000_000_000n, output: 3_000_000_000n }],
    });
    expect(readPriceFile(writePriceFile(all.prices))).toMatchObject({ kind: 'read' });
  });

  test('reads ranges as tiers, with and without a price beside them', () => {
    const range = (from: number, to: number, rate: number) => ({
      ...{ range: [from, to], input_cost_per_token: rate, output_cost_per_token: 4 * rate },
    });
    const tiered_pricing = [range(0, 32e3, 1e-6), range(32e3, 128e3, 2e-6)];
    const tiers = [{ above: 32_000, input: 2_000_000_000n, output: 8_000_000_000n }];
    const bare = { litellm_provider: 'p', mode: 'chat', tiered_pricing };
    const broken = { ...bare, tiered_pricing: [{ input_cost_per_token: 1e-6 }] };
    const { prices, leftOut } = take({ bare, based: entry({ tiered_pricing }), broken });
    expect(prices).toMatchObject([
      { price: { input: 1_000_000_000n, tiers } },
      { price: { input: 1_000_000_000n, tiers } },
    ]);
    expect(leftOut).toEqual([
      { name: 'p/broken', why: 'its prices have a form that is not known' },
    ]);
  });

  test('takes no rate of a long request to fall because it is not named again', () => {
    const { prices } = take({
      x: entry({
        cache_creation_input_token_cost: 6e-6,
        cache_creation_input_token_cost_above_1hr: 9e-6,
        output_cost_per_token_above_128k_tokens: 3e-6,
        input_cost_per_token_above_200k_tokens: 8e-6,
      }),
    });
    expect(prices[0]?.price).toMatchObject({
      cache_write: 6_000_000_000n,
      tiers: [
        { above: 128_000, input: 1_000_000_000n, cache_write: 6_000_000_000n },
        { above: 200_000, cache_write: 8_000_000_000n, output: 3_000_000_000n },
      ],
    });
  });

  test.each<[string, JsonObject, string]>([
    ['router', { output_cost_per_token: 0 }, 'its price for output tokens is zero'],
    ['painter', { output_cost_per_image_token: 1e-4 }, 'it answers with images or video'],
    ['p-deep-research', {}, 'it searches as often as it likes'],
    ['sonar', {}, 'it searches for every request, and no price of that is listed'],
    ['gemini-image', {}, 'it answers with images or video'],
    ['by-call', { input_cost_per_request: '0.005' }, 'its prices have a form that is not known'],
    ['by-image', { input_cost_per_image: '0.005' }, 'its prices have a form that is not known'],
    [
      'x-search',
      { search_context_cost_per_query: { low: 0.005, high: '0.012' } },
      'its prices have a form that is not known',
    ],
    [
      'a b',
      {},
      'a file of prices cannot hold it: ' +
        'expected a name such as provider/model, at most 256 characters',
    ],
  ])('leaves out %s, whose bill has no bound or whose row is none', (key, members, why) => {
    const { prices, leftOut } = take({ [key]: entry(members), other: entry({}) });
    expect(prices.map(({ name }) => name)).toEqual(['openai/other']);
    expect(leftOut).toEqual([{ name: `openai/${key}`, why }]);
  });

  test('counts the dearest search for models that always search, and for no others', () => {
    const search_context_cost_per_query = { low: 0.005, high: 0.012 };
    const batches = { input_cost_per_token_batches: 5e-7, output_cost_per_token_batches: 5e-7 };
    const { prices } = take({
      sonar: entry({ search_context_cost_per_query, ...batches }),
      'gpt-x': entry({ search_context_cost_per_query, ...batches }),
    });
    expect(prices[0]?.price.per_request).toBe(12_000_000n);
    expect(prices[0]?.price.batch_multiplier).toBeUndefined();
    expect(prices[1]?.price.per_request).toBeUndefined();
    expect(prices[1]?.price.batch_multiplier).toBe(500);
  });

  test.each<[string, JsonObject, number | undefined]>([
    ['the largest share', { input_cost_per_token_batches: 6e-7 }, 600],
    [
      'none where the output has no batch price',
      { output_cost_per_token_batches: null },
      undefined,
    ],
    ['none where a batch is dearer', { input_cost_per_token_batches: 2e-6 }, undefined],
    ['none where a read of the cache has none', { cache_read_input_token_cost: 1e-7 }, undefined],
    ['none where a size has none', { output_cost_per_token_above_9k_tokens: 2e-6 }, undefined],
    ['that of paid tiers neither', { input_cost_per_token_priority: 2e-6 }, 500],
  ])('takes as what a batch costs %s', (_, members, multiplier) => {
    const halves = { input_cost_per_token_batches: 5e-7, output_cost_per_token_batches: 5e-7 };
    const { prices } = take({ x: entry({ ...halves, ...members }) });
    expect(prices[0]?.price.batch_multiplier).toBe(multiplier);
  });

  test('counts the dearest image, whatever its size or that of the request', () => {
    const amounts = { input_cost_per_image: 1e-3, input_cost_per_image_above_128k_tokens: 2e-3 };
    const { prices } = take({ x: entry({ ...amounts, input_cost_per_image_token: 3e-6 }) });
    expect(prices[0]?.price).toMatchObject({ input: 3_000_000_000n, per_image: 2_000_000n });
  });

  test('gives embeddings no output price, so that no chat can be priced by them', () => {
    const { prices } = take({ x: entry({ mode: 'embedding', output_cost_per_token: 0 }) });
    expect(prices[0]?.price).not.toHaveProperty('output');
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
