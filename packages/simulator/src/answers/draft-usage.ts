/** What an answer truly takes, from its drafts: one for each choice. */
import type { TrueUsage } from '../bill/price.ts';
import type { AnswerContext } from './answer.ts';
import type { Draft } from './draft-answer.ts';

export function draftUsage(
  { promptTokens }: { readonly promptTokens: number },
  { profile }: AnswerContext,
  drafts: readonly Draft[],
): TrueUsage {
  const reasoningTokens = drafts.reduce((sum, draft) => sum + draft.reasoningTokens, 0);
  const visibleTokens = drafts.reduce((sum, draft) => sum + draft.visibleTokens, 0);
  return {
    promptTokens,
    cachedTokens: Math.floor(promptTokens * profile.cachedShare),
    completionTokens: reasoningTokens + visibleTokens,
    reasoningTokens,
  };
}
