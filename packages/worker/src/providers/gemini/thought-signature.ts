/**
 * Signatures of thoughts: opaque texts by which Gemini finds its way back into what it thought
 * before it called a tool. They travel where Google's own OpenAI form has them, under
 * `extra_content.google.thought_signature` of a tool call, or of a message for the one of its text.
 */
import { isJsonObject, type JsonObject } from '@forebay/shared/domain/json';

/**
 * What Google names for calls that another model made, which models that check signatures would
 * refuse otherwise.
 */
export const standInSignature = 'skip_thought_signature_validator';

/** The signature on a tool call or message. */
export function signatureOf(holder: JsonObject): string | undefined {
  const extra = holder['extra_content'];
  const google = isJsonObject(extra) ? extra['google'] : undefined;
  const signature = isJsonObject(google) ? google['thought_signature'] : undefined;
  return typeof signature === 'string' && signature !== '' ? signature : undefined;
}
