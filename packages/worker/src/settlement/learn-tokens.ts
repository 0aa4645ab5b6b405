/** What a settled call says about the guess at the tokens of its prompt. */
import type { RequestFeatures } from '@forebay/shared/domain/route-plan';
import type { Usage } from '@forebay/shared/domain/usage';
import type { TokenLesson } from '@forebay/shared/ports/lane-store';

/** What templates add outweighs shorter prompts. */
const estimateMin = 32;

/**
 * @param usage as it was believed.
 * @returns `undefined` where nothing can be learned: images have tokens of their own, and jobs of
 *   an earlier version have no class.
 */
export function learnTokens(
  { content, imageCount, inputTokensEstimate }: RequestFeatures,
  usage: Usage | undefined,
): TokenLesson | undefined {
  if (usage === undefined || content === undefined || imageCount > 0) return undefined;
  if (inputTokensEstimate < estimateMin) return undefined;
  return { content, factor: usage.inputTokens / inputTokensEstimate };
}
