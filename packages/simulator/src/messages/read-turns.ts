/** Reads the turns of a conversation, with the rules that the service checks. */
import { countJsonTokens, countTextTokens, MESSAGE_OVERHEAD_TOKENS } from '../text/count-tokens.ts';
import { isRecord } from '../text/is-record.ts';

type Block = Record<string, unknown>;

export type ReadTurns =
  | { kind: 'ok'; text: string; tokens: number; afterToolResult: boolean }
  | { kind: 'refused'; message: string };

const CALL_ID = /^[a-zA-Z0-9_-]+$/;
const MEDIA_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

/** Reads `messages`. Neighbours of one role count as one turn. */
export function readTurns(messages: unknown): ReadTurns {
  if (!Array.isArray(messages) || messages.length === 0) {
    return refuse('messages: at least one message is required');
  }
  const texts: string[] = [];
  let tokens = 0;
  let openCalls: unknown[] = [];
  let last: Block[] = [];
  for (const [index, message] of messages.entries()) {
    const blocks = blocksOf(message);
    if (blocks === null) return refuse(`messages.${index}: role or content is not valid`);
    const wrong = blocks.map(wrongBlock).find((text) => text !== null) ?? null;
    if (wrong !== null) return refuse(`messages.${index}.content: ${wrong}`);
    const results = blocks.filter(({ type }) => type === 'tool_result');
    const answered = results.map((block) => block['tool_use_id']);
    if (!sameMembers(openCalls, answered)) {
      return refuse(
        `messages.${index}: each \`tool_use\` block must have a corresponding \`tool_result\` ` +
          'block in the next message, and no other',
      );
    }
    openCalls = blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => id);
    tokens += MESSAGE_OVERHEAD_TOKENS + blocks.reduce((sum, block) => sum + blockTokens(block), 0);
    texts.push(...blocks.map(textOf));
    last = blocks;
  }
  const afterToolResult = last.some(({ type }) => type === 'tool_result');
  return { kind: 'ok', text: texts.join('\n'), tokens, afterToolResult };
}

/** Blocks of a system prompt or a result, which may also be plain text. */
export function contentBlocks(content: unknown): Block[] | null {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) return null;
  const blocks = content.filter(isRecord);
  return blocks.length === content.length ? blocks : null;
}

/** Text counts as text; any other block counts as its JSON. */
export function blockTokens(block: Block): number {
  const { type, text } = block;
  return type === 'text' && typeof text === 'string'
    ? countTextTokens(text)
    : countJsonTokens(block);
}

export function textOf(block: Block): string {
  if (block['type'] === 'tool_result') {
    return (contentBlocks(block['content']) ?? []).map(textOf).join('\n');
  }
  return typeof block['text'] === 'string' ? block['text'] : '';
}

function refuse(message: string): ReadTurns {
  return { kind: 'refused', message };
}

function blocksOf(message: unknown): Block[] | null {
  if (!isRecord(message)) return null;
  const { role, content } = message;
  const blocks = contentBlocks(content);
  if ((role !== 'user' && role !== 'assistant') || blocks === null) return null;
  return blocks.length === 0 ? null : blocks;
}

function wrongBlock(block: Block): string | null {
  switch (block['type']) {
    case 'text':
      return typeof block['text'] === 'string' && block['text'] !== ''
        ? null
        : 'text content blocks must be non-empty';
    case 'image':
      return wrongImage(block['source']);
    case 'tool_use':
      if (!isRecord(block['input'])) return 'tool_use.input: Input should be a valid dictionary';
      return wrongId('tool_use.id', block['id']);
    case 'thinking':
      return block['signature'] === 'sim-signature' ? null : 'Invalid `signature` in `thinking`';
    case 'tool_result':
      return wrongId('tool_result.tool_use_id', block['tool_use_id']);
    case 'redacted_thinking':
      return null;
    default:
      return `Input tag '${String(block['type'])}' does not match any of the expected tags`;
  }
}

function wrongId(path: string, id: unknown): string | null {
  const isValid = typeof id === 'string' && CALL_ID.test(id);
  return isValid ? null : `${path}: String should match pattern '${CALL_ID.source}'`;
}

function wrongImage(source: unknown): string | null {
  if (!isRecord(source) || source['type'] !== 'base64') return 'image.source: not valid';
  const isKnown = MEDIA_TYPES.some((type) => type === source['media_type']);
  return isKnown && typeof source['data'] === 'string'
    ? null
    : 'image.source.media_type: not valid';
}

function sameMembers(some: unknown[], others: unknown[]): boolean {
  return some.length === others.length && some.every((each) => others.includes(each));
}
