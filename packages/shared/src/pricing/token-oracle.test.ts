// The bound and the estimate against real tokenizers. The samples are those of docs/pricing.md.

import fc from 'fast-check';
import { encode as encodeCl100k } from 'gpt-tokenizer/encoding/cl100k_base';
import { encode as encodeO200k } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import { tokenSamples } from '../../../../test/support/token-samples.ts';
import type { JsonObject } from '../domain/json.ts';
import type { RequestFeatures } from '../domain/route-plan.ts';
import { boundRequest } from './bound-request.ts';

/** A prompt may hold the names of special tokens; here they are plain text. */
const asText = { disallowedSpecial: new Set<string>() };

const realTokens = (text: string): number =>
  Math.max(encodeO200k(text, asText).length, encodeCl100k(text, asText).length);

function featuresOf(content: unknown): RequestFeatures {
  // The content is plain JSON.
  const body = { messages: [{ role: 'user', content }] } as JsonObject;
  const result = boundRequest('chat.completions', body);
  if (result.kind !== 'bounded') throw new Error(`not bounded: ${JSON.stringify(result)}`);
  return result.features;
}

describe.each(tokenSamples)('$name', ({ name, text }) => {
  test('has no more tokens than the bound', () => {
    expect(featuresOf(text).inputTokensBound).toBeGreaterThanOrEqual(realTokens(text));
    const parts = [{ type: 'text', text }];
    expect(featuresOf(parts).inputTokensBound).toBeGreaterThanOrEqual(realTokens(text));
  });

  test('is estimated within a third, but for signs that are hardly ever written', () => {
    if (name === 'rare signs') return;
    const estimate = featuresOf(text).inputTokensEstimate;
    const real = encodeO200k(text, asText).length;
    expect(estimate).toBeGreaterThan(real * 0.66);
    expect(estimate).toBeLessThan(real * 1.34);
  });
});

test('no text that can be written has more tokens than the bound', () => {
  const unit = fc.constantFrom('binary' as const, 'grapheme' as const, 'grapheme-ascii' as const);
  const text = unit.chain((each) => fc.string({ unit: each, maxLength: 200 }));
  fc.assert(
    fc.property(text, (any) => {
      // A lone half of a character reaches a provider as the replacement character.
      const sent = Buffer.from(any).toString();
      expect(featuresOf(sent).inputTokensBound).toBeGreaterThanOrEqual(realTokens(sent));
    }),
    { numRuns: 300 },
  );
});

test('the data of an image counts neither for the bound nor for the estimate', () => {
  const base64 = tokenSamples.find(({ name }) => name === 'base64')?.text ?? '';
  const url = `data:image/png;base64,${base64}`;
  const withImage = featuresOf([
    { type: 'text', text: 'What is this?' },
    { type: 'image_url', image_url: { url } },
  ]);
  const without = featuresOf([{ type: 'text', text: 'What is this?' }]);
  expect(withImage.inputTokensEstimate).toBeLessThan(without.inputTokensEstimate + 10);
  expect(withImage.inputTokensBound).toBeLessThan(without.inputTokensBound + 200);
  expect(withImage.imageCount).toBe(1);
});
