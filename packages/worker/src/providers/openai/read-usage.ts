/**
 * Token usage out of an answer. Whatever is missing, negative, broken, text, huge or in
 * contradiction with itself makes the whole `undefined`: a guess would become a false bill, and
 * without usage the worst case is charged.
 */
import { isJsonObject, type Json } from '@forebay/shared/domain/json';
import type { JobKind } from '@forebay/shared/domain/model-catalog';
import type { Usage } from '@forebay/shared/domain/usage';

/** More than any context window there is. */
const tokensMax = 100_000_000;

interface UsageFields {
  readonly input: string;
  readonly output: string;
}

const chatFields: UsageFields = { input: 'prompt_tokens', output: 'completion_tokens' };
const responsesFields: UsageFields = { input: 'input_tokens', output: 'output_tokens' };

/** Reads the `usage` member of a body. */
export function readUsage(kind: JobKind, usage: unknown): Usage | undefined {
  if (!isJsonObject(usage)) return undefined;
  const fields = kind === 'responses' ? responsesFields : chatFields;
  const inputTokens = count(usage[fields.input]);
  // Embeddings have no output, and most servers leave the field out.
  const noOutput = kind === 'embeddings' && usage[fields.output] === undefined;
  const outputTokens = noOutput ? 0 : count(usage[fields.output]);
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  const cached = detail(usage[`${fields.input}_details`], 'cached_tokens');
  const reasoning = detail(usage[`${fields.output}_details`], 'reasoning_tokens');
  if (cached === undefined || reasoning === undefined) return undefined;
  // No request has an empty input, so a zero is a server that does not count.
  if (inputTokens === 0 || cached > inputTokens || reasoning > outputTokens) return undefined;
  const total = usage['total_tokens'];
  if (isSet(total) && total !== inputTokens + outputTokens) return undefined;
  return { inputTokens, cachedInputTokens: cached, outputTokens, reasoningTokens: reasoning };
}

/** A part of the counts: 0 when it is not told, `undefined` when it is told as nonsense. */
function detail(details: Json | undefined, name: string): number | undefined {
  if (!isSet(details)) return 0;
  if (!isJsonObject(details)) return undefined;
  return isSet(details[name]) ? count(details[name]) : 0;
}

function isSet(value: Json | undefined): boolean {
  return value !== undefined && value !== null;
}

function count(value: Json | undefined): number | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value)) return undefined;
  return value >= 0 && value <= tokensMax ? value : undefined;
}
