/**
 * The guess at the tokens of a prompt, corrected by what a model has counted for prompts of the
 * same class before. For expected costs and display; the bound, and so every reservation, stays.
 */
import type { ModelLive, RequestFeatures } from '../domain/route-plan.ts';

export function correctEstimate(
  features: RequestFeatures,
  live: ModelLive | undefined,
): RequestFeatures {
  const { content, inputTokensEstimate, inputTokensBound } = features;
  const factor = content === undefined ? undefined : live?.tokenFactors?.[content];
  if (factor === undefined) return features;
  const corrected = Math.ceil(inputTokensEstimate * factor);
  return { ...features, inputTokensEstimate: Math.min(corrected, inputTokensBound) };
}
