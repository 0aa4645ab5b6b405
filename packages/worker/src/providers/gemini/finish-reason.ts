/** Why Gemini stopped, in the words of the OpenAI form. */
import type { Json } from '@forebay/shared/domain/json';

/** The provider stopped the answer for what it says. */
const filtered: ReadonlySet<Json | undefined> = new Set([
  'SAFETY',
  'RECITATION',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'LANGUAGE',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
]);

/**
 * `error` for every other end, such as a call of a tool that does not parse (an unknown reason is
 * no promise that the answer is whole); `null` when the candidate has not ended.
 */
export function chatFinishReason(reason: Json | undefined, hasCalls: boolean): string | null {
  if (reason === undefined || reason === null) return null;
  if (reason === 'STOP') return hasCalls ? 'tool_calls' : 'stop';
  if (reason === 'MAX_TOKENS') return 'length';
  return filtered.has(reason) ? 'content_filter' : 'error';
}
