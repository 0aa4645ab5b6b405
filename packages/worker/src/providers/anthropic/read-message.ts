/**
 * A message of the Messages API in the form of a chat answer.
 *
 * What the form has no place for stays beside it, under names that other services of that form
 * use or that say whose it is: `native_finish_reason`, `reasoning_content`, and under
 * `extra_content.anthropic` what must come back to the API in the next turn.
 */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import { readMessageUsage } from './message-usage.ts';

/** Why an answer ended, in the words of the form. */
const finishReasons: ReadonlyMap<Json | undefined, string> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  // A turn that the provider broke off and would go on with: it is not whole.
  ['pause_turn', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'content_filter'],
]);

/** Translates a message; a body that is none, such as an error, comes back as it is. */
export function readMessage(body: JsonObject): JsonObject {
  const { type, id, model, content, stop_reason: reason } = body;
  if (type !== 'message' || !Array.isArray(content)) return body;
  const usage = readMessageUsage(body['usage']);
  return {
    id,
    object: 'chat.completion',
    model,
    choices: [
      {
        index: 0,
        message: messageOf(content.filter(isJsonObject)),
        logprobs: null,
        // A reason that is new to us is told as it is: calling it an end could be a lie.
        finish_reason: finishReasons.get(reason) ?? reason ?? null,
        native_finish_reason: reason ?? null,
        ...stopDetails(body),
      },
    ],
    ...(usage === undefined ? {} : { usage }),
  };
}

/** Which of the caller's texts ended the answer, and what the provider said about a refusal. */
function stopDetails(body: JsonObject): JsonObject {
  const { stop_sequence: sequence, stop_details: details } = body;
  return {
    ...(typeof sequence === 'string' ? { stop_sequence: sequence } : {}),
    ...(isJsonObject(details) ? { stop_details: details } : {}),
  };
}

function messageOf(blocks: readonly JsonObject[]): JsonObject {
  const ofType = (...types: readonly Json[]) =>
    blocks.filter(({ type }) => types.includes(type ?? null));
  const texts = ofType('text').map(({ text }) => asText(text));
  const calls = ofType('tool_use').map(toolCall);
  const thoughts = ofType('thinking', 'redacted_thinking');
  const reasoning = thoughts.map(({ thinking }) => asText(thinking)).join('');
  const known: readonly unknown[] = ['text', 'tool_use', 'thinking', 'redacted_thinking'];
  const others = blocks.filter(({ type }) => !known.includes(type));
  const extra = {
    ...(thoughts.length === 0 ? {} : { thinking_blocks: thoughts }),
    ...(others.length === 0 ? {} : { other_blocks: others }),
  };
  return {
    role: 'assistant',
    content: texts.length === 0 && calls.length > 0 ? null : texts.join(''),
    refusal: null,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(Object.keys(extra).length === 0 ? {} : { extra_content: { anthropic: extra } }),
  };
}

function toolCall({ id, name, input }: JsonObject): JsonObject {
  // Input that was cut off before it became JSON is shown as far as it came.
  const written = typeof input === 'string' ? input : JSON.stringify(input ?? {});
  return { id, type: 'function', function: { name, arguments: written } };
}

function asText(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
