import { expect, test } from 'vitest';
import { sampleFeatures } from '../../../../test/support/sample-catalog.ts';
import { learnTokens } from './learn-tokens.ts';

const usage = { inputTokens: 150, cachedInputTokens: 0, outputTokens: 9, reasoningTokens: 0 };
const features = sampleFeatures({ content: 'code', inputTokensEstimate: 100 });

test('a settled call tells by how much the guess was off, for its class of content', () => {
  expect(learnTokens(features, usage)).toEqual({ content: 'code', factor: 1.5 });
});

test.each([
  ['without usage', features, undefined],
  ['with images', { ...features, imageCount: 1 }, usage],
  ['of a short prompt', { ...features, inputTokensEstimate: 31 }, usage],
  ['of an earlier version', sampleFeatures(), usage],
])('a call %s teaches nothing', (...[, of, used]) => {
  expect(learnTokens(of, used)).toBeUndefined();
});
