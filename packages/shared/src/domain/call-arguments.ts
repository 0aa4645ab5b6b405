/** Tool calls of a conversation, as APIs read them that do not pass them on as texts. */
import { isDeeperThan, isJsonObject, type Json, type JsonObject } from './json.ts';
import { limits } from './limits.ts';

/**
 * The arguments of a call, which are a text in the OpenAI form; none at all are an empty object.
 *
 * @returns `undefined` when they are no object, such as those of an answer that its cap cut off.
 */
export function readArguments(written: Json | undefined): JsonObject | undefined {
  if (written === undefined || written === null) return {};
  if (typeof written !== 'string') return undefined;
  if (written.trim() === '') return {};
  const parsed = parse(written);
  // No deeper than bodies may be: what is built of them is written as JSON again.
  return isJsonObject(parsed) && !isDeeperThan(parsed, limits.jsonDepthMax) ? parsed : undefined;
}

/** What of a call of the assistant cannot be read: paths below it, itself being the empty one. */
export function callUncarried(call: Json): readonly string[] {
  const called = isJsonObject(call) ? call['function'] : undefined;
  if (!isJsonObject(called)) return [''];
  return [
    ...(typeof called['name'] === 'string' ? [] : ['.function.name']),
    ...(readArguments(called['arguments']) === undefined ? ['.function.arguments'] : []),
  ];
}

/** Goes through a conversation and tells of each message whether it is the result of no call. */
export function createStrayCheck(): (message: JsonObject) => boolean {
  const ids = new Set<Json>();
  return ({ role, tool_calls: calls, tool_call_id: id }) => {
    for (const call of Array.isArray(calls) ? calls.filter(isJsonObject) : []) {
      if (call['id'] !== undefined) ids.add(call['id']);
    }
    return role === 'tool' && !ids.has(id ?? null);
  };
}

function parse(text: string): Json | undefined {
  try {
    // What `JSON.parse` returns is `Json` by definition; it declares no type of its own.
    return JSON.parse(text) as Json;
  } catch {
    // A model wrote it: text that is no JSON is an expected outcome.
    return undefined;
  }
}
