/**
 * How hard the model is asked to think, in the form of the Messages API.
 *
 * Thinking is part of the output there, within `max_tokens`, so it needs no reservation of its
 * own. Newer models are told a level and decide for themselves; older ones are given a number of
 * tokens. Which of both a model takes cannot be asked, so the deployment says it.
 */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import type { ProviderCall } from '@forebay/shared/ports/provider-client';
import { thinkingBlocks } from './write-messages.ts';
import { forcesTool } from './write-tools.ts';

/** The share of the output cap that a level may think away, where tokens are given. */
const budgetShares: ReadonlyMap<Json | undefined, number> = new Map([
  ['minimal', 0.1],
  ['low', 0.2],
  ['medium', 0.5],
  ['high', 0.8],
  ['xhigh', 0.9],
]);

/** The least that the API takes as a budget. */
const budgetTokensMin = 1_024;

export interface WrittenThinking {
  readonly thinking?: JsonObject;
  readonly effort?: string;
}

/** Nothing for a caller who did not say: then the model does what it does by itself. */
export function writeThinking(call: ProviderCall): WrittenThinking {
  const { body, deployment, outputCapTokens } = call;
  const effort = body['reasoning_effort'];
  if (effort === 'none') return { thinking: { type: 'disabled' } };
  const share = budgetShares.get(effort);
  if (typeof effort !== 'string' || share === undefined) return {};
  const isFree = !forcesTool(body);
  if (deployment.thinking !== 'budget') {
    // The lowest level of the API; what OpenAI calls minimal is below it.
    const level = effort === 'minimal' ? 'low' : effort;
    const adaptive = { thinking: { type: 'adaptive', display: 'summarized' } };
    return { ...(isFree ? adaptive : {}), effort: level };
  }
  const budget = Math.max(budgetTokensMin, Math.floor(outputCapTokens * share));
  // A cap that leaves no token for the answer itself leaves no room for thinking either.
  const fits = budget < outputCapTokens;
  if (!isFree || !fits || lacksThinking(body)) return {};
  return { thinking: { type: 'enabled', budget_tokens: budget } };
}

/** With a budget the API refuses a round of tool calls that does not begin with its thinking. */
function lacksThinking(body: JsonObject): boolean {
  const messages = Array.isArray(body['messages']) ? body['messages'].filter(isJsonObject) : [];
  const last = messages.findLast(({ role }) => role === 'assistant');
  const calls = last?.['tool_calls'];
  if (last === undefined || !Array.isArray(calls) || calls.length === 0) return false;
  return thinkingBlocks(last).length === 0;
}
