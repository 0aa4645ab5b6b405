/**
 * Token counts of Gemini in the OpenAI form. Thoughts are told beside the answer and billed with
 * it, so they are part of the completion. What makes no sense is handed on as it is: judging it is
 * done in one place for all dialects.
 */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';

/** The `usage` of a chat completion; `undefined` when Gemini told none. */
export function translateUsage(metadata: Json | undefined): JsonObject | undefined {
  if (!isJsonObject(metadata)) return undefined;
  // Counts of zero are left out on this wire, all but that of the prompt, which never is.
  const { promptTokenCount: prompt, candidatesTokenCount: answer = 0 } = metadata;
  const { thoughtsTokenCount: thoughts = 0, toolUsePromptTokenCount: toolUse = 0 } = metadata;
  const { cachedContentTokenCount: cached = 0, totalTokenCount: total } = metadata;
  if (!isCount(prompt) || !isCount(answer) || !isCount(thoughts) || !isCount(toolUse)) {
    return { prompt_tokens: prompt, completion_tokens: answer };
  }
  const input = prompt + toolUse;
  // Some endpoints count thoughts into the answer; only the total tells them apart.
  const isWithin = total === input + answer && thoughts <= answer;
  const output = isWithin ? answer : answer + thoughts;
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: total ?? input + output,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: thoughts },
  };
}

function isCount(value: Json | undefined): value is number {
  return typeof value === 'number';
}
