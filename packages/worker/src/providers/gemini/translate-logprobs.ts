/** Chances of the chosen tokens, and of those that could have stood in their place. */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import { asObjects } from '../answers/json-list.ts';

/** In the OpenAI form; `null` when there are none. */
export function translateLogprobs(result: Json | undefined): JsonObject | null {
  if (!isJsonObject(result)) return null;
  const chosen = asObjects(result['chosenCandidates']);
  const tops = asObjects(result['topCandidates']);
  return {
    content: chosen.map((token, index) => ({
      ...tokenOf(token),
      top_logprobs: asObjects(tops[index]?.['candidates']).map(tokenOf),
    })),
    refusal: null,
  };
}

function tokenOf({ token, logProbability }: JsonObject): JsonObject {
  const bytes = typeof token === 'string' ? [...Buffer.from(token)] : null;
  return { token, logprob: logProbability, bytes };
}
