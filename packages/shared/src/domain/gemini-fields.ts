/** What of an OpenAI chat request `generateContent` has a form for. */
import { callUncarried, createStrayCheck } from './call-arguments.ts';
import { always, type CarryTable, inEach, isGiven, oneOf, only, othersThan } from './carry-rule.ts';
import { commonFields } from './common-fields.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';

/** Limits of the API. */
const candidatesMax = 8;
const stopSequencesMax = 5;
const topLogprobsMax = 20;
const seedMax = 2 ** 31 - 1;

export const geminiFields: CarryTable = {
  ...commonFields,
  messages: messagesUncarried,
  n: only((value) => typeof value === 'number' && value <= candidatesMax),
  temperature: always,
  top_p: always,
  top_k: always,
  presence_penalty: always,
  frequency_penalty: always,
  stop: only((value) => !Array.isArray(value) || value.length <= stopSequencesMax),
  seed: only((value) => Number.isInteger(value) && Math.abs(Number(value)) <= seedMax),
  logprobs: oneOf(true, false),
  top_logprobs: only((value) => typeof value === 'number' && value <= topLogprobsMax),
  response_format: only(isKnownFormat),
  tools: toolsUncarried,
  tool_choice: only(isKnownChoice),
  // Calls may always come several at once here.
  parallel_tool_calls: only((value, body) => value !== false || !isGiven(body['tools'])),
};

const textParts: ReadonlySet<Json | undefined> = new Set(['text', 'refusal']);
const textPartKeys: ReadonlySet<string> = new Set(['type', 'text', 'refusal', 'annotations']);
const imagePartKeys: ReadonlySet<string> = new Set(['type', 'image_url']);
const imageKeys: ReadonlySet<string> = new Set(['url', 'detail']);

/** By role: what a message may have. Thoughts of earlier answers are not sent back by anybody. */
const messageKeys: ReadonlyMap<Json | undefined, ReadonlySet<string>> = new Map(
  Object.entries({
    system: ['role', 'content'],
    developer: ['role', 'content'],
    user: ['role', 'content'],
    assistant: [
      'role',
      'content',
      'refusal',
      'tool_calls',
      'extra_content',
      'annotations',
      'reasoning_content',
      'reasoning',
    ],
    tool: ['role', 'content', 'tool_call_id', 'name'],
  }).map(([role, keys]) => [role, new Set(keys)] as const),
);

function messagesUncarried(messages: Json): readonly string[] {
  const details = new Set<Json>();
  const isStray = createStrayCheck();
  const found = inEach(messages, 'messages', (message) => {
    if (!isJsonObject(message)) return [];
    const keys = messageKeys.get(message['role']);
    return [
      ...(keys === undefined ? ['.role'] : othersThan(keys, message, '')),
      ...contentUncarried(message, details),
      ...inEach(message['tool_calls'], '.tool_calls', callUncarried),
      // A result needs the name of its function, and has it from the call if not by itself.
      ...(isStray(message) && typeof message['name'] !== 'string' ? ['.tool_call_id'] : []),
    ];
  });
  // One resolution holds for all images of a request.
  return details.size > 1 ? [...found, 'messages[].content[].image_url.detail'] : found;
}

function contentUncarried(message: JsonObject, details: Set<Json>): readonly string[] {
  const takesImages = message['role'] === 'user';
  return inEach(message['content'], '.content', (part) => {
    if (!isJsonObject(part)) return [''];
    const { type, image_url: image } = part;
    if (textParts.has(type)) return othersThan(textPartKeys, part, '');
    if (type !== 'image_url' || !takesImages) return ['.type'];
    if (!isJsonObject(image)) return ['.image_url'];
    const detail = image['detail'] ?? 'auto';
    details.add(detail);
    const isKnown = detail === 'auto' || detail === 'low' || detail === 'high';
    return [
      ...(isKnown ? [] : ['.image_url.detail']),
      ...othersThan(imagePartKeys, part, ''),
      ...othersThan(imageKeys, image, '.image_url'),
    ];
  });
}

function toolsUncarried(tools: Json): readonly string[] {
  return inEach(tools, 'tools', (tool) =>
    isFunction(tool) && tool['type'] === 'function' ? [] : ['.type'],
  );
}

function isFunction(value: Json): value is JsonObject {
  return isJsonObject(value) && isJsonObject(value['function']);
}

function isKnownFormat(format: Json): boolean {
  if (!isJsonObject(format)) return false;
  if (format['type'] !== 'json_schema') {
    return format['type'] === 'text' || format['type'] === 'json_object';
  }
  return isJsonObject(format['json_schema']);
}

/** A list of allowed tools is carried only where one of them has to be called. */
function isKnownChoice(choice: Json): boolean {
  if (choice === 'auto' || choice === 'none' || choice === 'required') return true;
  if (!isJsonObject(choice)) return false;
  if (choice['type'] === 'function') return isJsonObject(choice['function']);
  const allowed = choice['allowed_tools'];
  return (
    choice['type'] === 'allowed_tools' && isJsonObject(allowed) && allowed['mode'] === 'required'
  );
}
