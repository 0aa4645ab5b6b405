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
  const inputDetails = usage[`${fields.input}_details`];
  const cached = detail(inputDetails, 'cached_tokens');
  const written = cacheWrites(inputDetails);
  const reasoning = detail(usage[`${fields.output}_details`], 'reasoning_tokens');
  if (cached === undefined || written === undefined || reasoning === undefined) return undefined;
  // No request has an empty input, so a zero is a server that does not count.
  if (inputTokens === 0 || cached + written > inputTokens) return undefined;
  if (reasoning > outputTokens) return undefined;
  const total = usage['total_tokens'];
  if (isSet(total) && total !== inputTokens + outputTokens) return undefined;
  return {
    inputTokens,
    cachedInputTokens: cached,
    ...(written === 0 ? {} : { cacheWriteTokens: written }),
    outputTokens,
    reasoningTokens: reasoning,
  };
}

/** Names under which services of this dialect tell what they wrote into their cache. */
const cacheWriteFields = ['cache_write_tokens', 'cache_creation_tokens'] as const;

function cacheWrites(details: Json | undefined): number | undefined {
  const [name] = cacheWriteFields.filter((field) => isJsonObject(details) && isSet(details[field]));
  return name === undefined ? 0 : detail(details, name);
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
