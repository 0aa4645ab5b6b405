/**
 * Messages of a chat as a server of the OpenAI form takes them.
 *
 * Callers send answers back as they came, with what services add to the form. What a server makes
 * of it differs: some refuse what OpenAI does not name, some refuse a call of theirs that has lost
 * its thoughts or their signature. So all of it passes, unless the server is known to be strict.
 */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';

/** What OpenAI's own form of a request names. */
const messageMembers: ReadonlySet<string> = new Set([
  ...['role', 'content', 'name', 'refusal', 'audio', 'tool_calls', 'function_call'],
]);
const callMembers: ReadonlySet<string> = new Set(['id', 'type', 'function', 'custom']);

/** Only what an assistant said differs from what the caller gave; that itself is not changed. */
export function writeMessages(messages: Json | undefined, isStrict: boolean): Json | undefined {
  if (!Array.isArray(messages)) return messages;
  return messages.map((message: Json) => {
    if (!isJsonObject(message) || message['role'] !== 'assistant') return message;
    return isStrict ? strictMessage(message) : withoutOurs(message);
  });
}

function strictMessage(message: JsonObject): JsonObject {
  const { tool_calls: calls, ...rest } = only(messageMembers, message);
  if (calls === undefined) return rest;
  const strict = (call: Json): Json => (isJsonObject(call) ? only(callMembers, call) : call);
  return { ...rest, tool_calls: Array.isArray(calls) ? calls.map(strict) : calls };
}

/** Blocks of thinking, under the name that the Messages dialect gives them, are for it alone. */
function withoutOurs(message: JsonObject): JsonObject {
  const { extra_content: extra, ...rest } = message;
  if (!isJsonObject(extra) || extra['anthropic'] === undefined) return message;
  const { anthropic: _ours, ...others } = extra;
  return Object.keys(others).length === 0 ? rest : { ...rest, extra_content: others };
}

function only(names: ReadonlySet<string>, given: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(given).filter(([name]) => names.has(name)));
}
