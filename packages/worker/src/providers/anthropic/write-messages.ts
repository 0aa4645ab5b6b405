/**
 * The messages of a chat in the form of the Messages API: instructions apart from the turns, turns
 * that alternate, everything in blocks.
 *
 * M1  Instructions (`system`, `developer`) go to the top in their order, wherever they stood: the
 *     API has one place for them. Anthropic does the same behind its own OpenAI endpoint.
 * M2  Neighbours of one role are one turn, because all results of one round of tool calls must
 *     stand in the turn after it, before anything else.
 * M3  Blank texts are left out; the API refuses them, and they say nothing.
 * M4  Where nothing else is said, the instructions are what the user says: the API wants a turn.
 */
import { readArguments } from '@forebay/shared/domain/call-arguments';
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import { toolUseId } from './tool-use-id.ts';

export interface WrittenMessages {
  readonly system: readonly JsonObject[];
  readonly messages: readonly JsonObject[];
}

interface Turn {
  readonly role: 'user' | 'assistant';
  readonly blocks: readonly JsonObject[];
}

const instructionRoles: ReadonlySet<unknown> = new Set(['system', 'developer']);

/** Writes messages whose shape was checked at intake, and whose parts the dialect can carry. */
export function writeMessages(messages: Json | undefined): WrittenMessages {
  const given = listOf(messages).filter(isJsonObject);
  const system = given
    .filter((message) => instructionRoles.has(message['role']))
    .flatMap((message) => contentBlocks(message['content'])); // M1
  const turns = given.flatMap((message) => {
    const turn = turnOf(message);
    return turn === undefined || turn.blocks.length === 0 ? [] : [turn]; // M3
  });
  if (turns.length > 0 || system.length === 0) return { system, messages: joinTurns(turns) };
  return { system: [], messages: [{ role: 'user', content: system }] }; // M4
}

function turnOf(message: JsonObject): Turn | undefined {
  const { role, content } = message;
  if (instructionRoles.has(role)) return undefined;
  if (role === 'assistant') return { role, blocks: assistantBlocks(message) };
  if (role === 'tool') return { role: 'user', blocks: [toolResult(message)] };
  return { role: 'user', blocks: contentBlocks(content) };
}

/** Thinking comes first, as it came: the API checks its signature and its place. */
function assistantBlocks(message: JsonObject): readonly JsonObject[] {
  return [
    ...thinkingBlocks(message),
    ...contentBlocks(message['content']),
    ...contentBlocks(message['refusal']),
    ...listOf(message['tool_calls']).filter(isJsonObject).map(toolUse),
  ];
}

/** Those that an earlier answer of this dialect brought; others have no signature. */
export function thinkingBlocks(message: JsonObject): readonly JsonObject[] {
  const extra = message['extra_content'];
  const own = isJsonObject(extra) ? extra['anthropic'] : undefined;
  return isJsonObject(own)
    ? listOf(own['thinking_blocks']).filter(isJsonObject).flatMap(thinkingBlock)
    : [];
}

/** Member by member, since callers write them: another block would be paid for and not bounded. */
function thinkingBlock({ type, thinking, signature, data }: JsonObject): readonly JsonObject[] {
  if (type === 'redacted_thinking') return typeof data === 'string' ? [{ type, data }] : [];
  const isSigned = typeof thinking === 'string' && typeof signature === 'string';
  return type === 'thinking' && isSigned ? [{ type, thinking, signature }] : [];
}

function toolUse(call: JsonObject): JsonObject {
  const called = isJsonObject(call['function']) ? call['function'] : {};
  return {
    type: 'tool_use',
    id: toolUseId(call['id']),
    name: called['name'],
    input: readArguments(called['arguments']) ?? {},
  };
}

function toolResult(message: JsonObject): JsonObject {
  const content = contentBlocks(message['content']);
  return {
    type: 'tool_result',
    tool_use_id: toolUseId(message['tool_call_id']),
    ...(content.length === 0 ? {} : { content }),
  };
}

function contentBlocks(content: Json | undefined): readonly JsonObject[] {
  if (typeof content === 'string') return textBlocks(content);
  return listOf(content).filter(isJsonObject).flatMap(blocksOfPart);
}

function blocksOfPart(part: JsonObject): readonly JsonObject[] {
  if (part['type'] === 'image_url') return [imageBlock(part)];
  const text = part['type'] === 'refusal' ? part['refusal'] : part['text'];
  return typeof text === 'string' ? textBlocks(text) : [];
}

function textBlocks(text: string): readonly JsonObject[] {
  return text.trim() === '' ? [] : [{ type: 'text', text }]; // M3
}

/** Only inline images reach this place: intake refuses those that somebody would have to fetch. */
function imageBlock(part: JsonObject): JsonObject {
  const image = part['image_url'];
  const url = isJsonObject(image) ? image['url'] : image;
  const text = typeof url === 'string' ? url : '';
  const comma = text.indexOf(',');
  const mediaType = /^data:([^;,]*)/i.exec(text)?.[1]?.toLowerCase() ?? '';
  return {
    type: 'image',
    source: {
      type: 'base64',
      // A name that people use, and the one that the API knows.
      media_type: mediaType === 'image/jpg' ? 'image/jpeg' : mediaType,
      data: text.slice(comma + 1),
    },
  };
}

/** M2. Results lead their turn, in the order of their calls. */
function joinTurns(turns: readonly Turn[]): readonly JsonObject[] {
  const joined: { role: Turn['role']; blocks: JsonObject[] }[] = [];
  for (const { role, blocks } of turns) {
    const last = joined.at(-1);
    if (last?.role === role) last.blocks.push(...blocks);
    else joined.push({ role, blocks: [...blocks] });
  }
  return joined.map(({ role, blocks }) => {
    const isResult = (block: JsonObject): boolean => block['type'] === 'tool_result';
    const others = blocks.filter((block) => !isResult(block));
    return { role, content: [...blocks.filter(isResult), ...others] };
  });
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
