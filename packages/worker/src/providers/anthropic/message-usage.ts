/** Usage of the Messages API in the form of a chat answer. */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';

/**
 * The API counts input beside what it read from a cache and what it wrote into one; the form wants
 * one total, of which both are parts.
 *
 * @returns `undefined` when a count is broken, or when it tells of something that we cannot price:
 *   then the worst case is charged.
 */
export function readMessageUsage(usage: Json | undefined): JsonObject | undefined {
  if (!isJsonObject(usage)) return undefined;
  const input = count(usage['input_tokens']);
  const output = count(usage['output_tokens']);
  const read = count(usage['cache_read_input_tokens'] ?? 0);
  const written = count(usage['cache_creation_input_tokens'] ?? 0);
  const thinking = count(member(usage['output_tokens_details'], 'thinking_tokens') ?? 0);
  if (input === undefined || output === undefined || read === undefined) return undefined;
  if (written === undefined || thinking === undefined || hasUnpriced(usage)) return undefined;
  const prompt = input + read + written;
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    prompt_tokens_details: { cached_tokens: read, cache_write_tokens: written },
    completion_tokens_details: { reasoning_tokens: thinking },
  };
}

/** Cache writes for an hour and searches have prices of their own; no request of ours asks. */
function hasUnpriced(usage: JsonObject): boolean {
  const hourly = member(usage['cache_creation'], 'ephemeral_1h_input_tokens');
  const searches = member(usage['server_tool_use'], 'web_search_requests');
  return [hourly, searches].some((value) => typeof value === 'number' && value > 0);
}

function member(holder: Json | undefined, name: string): Json | undefined {
  return isJsonObject(holder) ? (holder[name] ?? undefined) : undefined;
}

function count(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
}
