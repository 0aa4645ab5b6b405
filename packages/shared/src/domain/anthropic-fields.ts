/** What of an OpenAI chat request the Messages API of Anthropic has a form for. */
import { callUncarried, createStrayCheck } from './call-arguments.ts';
import { always, type CarryTable, inEach, isGiven, oneOf, only, othersThan } from './carry-rule.ts';
import { commonFields } from './common-fields.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';

/** The least share of words that `top_p` may leave to a model that thinks. */
const thinkingTopPMin = 0.95;

export const anthropicFields: CarryTable = {
  ...commonFields,
  messages: messagesUncarried,
  // A model that thinks is not to be steered by these.
  temperature: only(
    (value, body) => typeof value === 'number' && (asksThinking(body) ? value === 1 : value <= 1),
  ),
  top_p: only((value, body) => !asksThinking(body) || Number(value) >= thinkingTopPMin),
  top_k: only((_value, body) => !asksThinking(body)),
  stop: only((value) => (Array.isArray(value) ? value : [value]).every(isVisible)),
  response_format: only(isKnownFormat),
  tools: toolsUncarried,
  tool_choice: only(isKnownChoice),
  parallel_tool_calls: always,
  // Values that say the same as leaving the field out.
  n: oneOf(1),
  presence_penalty: oneOf(0),
  frequency_penalty: oneOf(0),
  logprobs: oneOf(false),
  top_logprobs: oneOf(0),
};

/** Whether the request is sent with thinking; none is where a tool must be called. */
function asksThinking({ reasoning_effort: effort, tool_choice: choice }: JsonObject): boolean {
  const isForced = choice === 'required' || isJsonObject(choice);
  return isGiven(effort) && effort !== 'none' && !isForced;
}

/** By role: what a message may have. */
const messageKeys: ReadonlyMap<Json | undefined, ReadonlySet<string>> = new Map(
  Object.entries({
    system: ['role', 'content'],
    developer: ['role', 'content'],
    user: ['role', 'content'],
    // What another service thought or cited is no part of the conversation.
    assistant: [
      ...['role', 'content', 'refusal', 'tool_calls', 'extra_content', 'annotations'],
      ...['reasoning_content', 'reasoning'],
    ],
    tool: ['role', 'content', 'tool_call_id', 'name'],
  }).map(([role, keys]) => [role, new Set(keys)] as const),
);

const textParts: ReadonlySet<Json | undefined> = new Set(['text', 'refusal']);
const textPartKeys: ReadonlySet<string> = new Set(['type', 'text', 'refusal', 'annotations']);
const imagePartKeys: ReadonlySet<string> = new Set(['type', 'image_url']);
const imageRoles: ReadonlySet<Json | undefined> = new Set(['user', 'tool']);

function messagesUncarried(messages: Json): readonly string[] {
  const isStray = createStrayCheck();
  let isAnythingSaid = false;
  const found = inEach(messages, 'messages', (message) => {
    if (!isJsonObject(message)) return [];
    isAnythingSaid ||= saysSomething(message);
    const keys = messageKeys.get(message['role']);
    return [
      ...(keys === undefined ? ['.role'] : othersThan(keys, message, '')),
      ...contentUncarried(message),
      ...inEach(message['tool_calls'], '.tool_calls', callUncarried),
      ...(isStray(message) ? ['.tool_call_id'] : []),
    ];
  });
  if (!isAnythingSaid) return found.length > 0 ? found : ['messages'];
  return [...found, ...edgesUncarried(messages)];
}

const instructionRoles: ReadonlySet<Json | undefined> = new Set(['system', 'developer']);

/**
 * Blank turns are left out. Without the user's at an edge, a conversation would begin with the
 * assistant, or end with what it would take for the beginning of its answer.
 */
function edgesUncarried(messages: Json): readonly string[] {
  const given = Array.isArray(messages) ? messages : [];
  const turns = given.filter(isJsonObject).filter(({ role }) => !instructionRoles.has(role));
  const edges = [
    [turns[0], turns.find(isSent)],
    [turns.at(-1), turns.findLast(isSent)],
  ] as const;
  return edges.flatMap(([said, sent]) => {
    if (said === undefined || said['role'] === 'assistant') return [];
    return sent?.['role'] === 'assistant' ? [`messages[${given.indexOf(said)}].content`] : [];
  });
}

/** What an assistant thought may be all that it said. */
function isSent(message: JsonObject): boolean {
  return saysSomething(message) || isGiven(message['extra_content']);
}

/** Blank texts are left out, and of a conversation of them nothing would be left. */
function saysSomething({ role, content, refusal, tool_calls: calls }: JsonObject): boolean {
  if (role === 'tool' || isGiven(calls) || isVisible(refusal) || isVisible(content)) return true;
  return Array.isArray(content) && content.some(isVisiblePart);
}

function isVisiblePart(part: Json): boolean {
  if (!isJsonObject(part)) return false;
  return part['type'] === 'image_url' || isVisible(part['text'] ?? part['refusal']);
}

function contentUncarried({ content, role }: JsonObject): readonly string[] {
  return inEach(content, '.content', (part) => {
    if (!isJsonObject(part)) return [''];
    const { type } = part;
    if (textParts.has(type)) return othersThan(textPartKeys, part, '');
    if (type !== 'image_url' || !imageRoles.has(role)) return ['.type'];
    return isKnownImage(part['image_url']) ? othersThan(imagePartKeys, part, '') : ['.image_url'];
  });
}

/** How much of an image is looked at (`detail`) the API decides by itself. */
function isKnownImage(image: Json | undefined): boolean {
  const url = isJsonObject(image) ? image['url'] : image;
  return typeof url === 'string' && /^data:image\/(?:jpe?g|png|gif|webp);base64,/i.test(url);
}

function toolsUncarried(tools: Json): readonly string[] {
  return inEach(tools, 'tools', (tool) => {
    const isFunction = isJsonObject(tool) && tool['type'] === 'function';
    return isFunction && isJsonObject(tool['function']) ? [] : ['.type'];
  });
}

/** JSON without a schema has no form of its own there. */
function isKnownFormat(format: Json): boolean {
  if (!isJsonObject(format)) return false;
  if (format['type'] !== 'json_schema') return format['type'] === 'text';
  const described = format['json_schema'];
  return isJsonObject(described) && isClosable(described['schema']);
}

/**
 * Objects of a schema must be closed there. One that names no members would be closed to the empty
 * object, which is not what was asked.
 */
function isClosable(schema: Json | undefined): boolean {
  if (Array.isArray(schema)) return schema.every(isClosable);
  if (!isJsonObject(schema)) return true;
  const { type, properties, additionalProperties: others } = schema;
  const isObject = (Array.isArray(type) ? type : [type]).includes('object');
  const isOfObjects = isObject || others === true || isJsonObject(others);
  if (isOfObjects && others !== false && !isGiven(properties)) return false;
  return Object.values(schema).every(isClosable);
}

function isKnownChoice(choice: Json): boolean {
  if (choice === 'auto' || choice === 'none' || choice === 'required') return true;
  return isJsonObject(choice) && choice['type'] === 'function' && isJsonObject(choice['function']);
}

function isVisible(text: Json | undefined): boolean {
  return typeof text === 'string' && text.trim() !== '';
}
