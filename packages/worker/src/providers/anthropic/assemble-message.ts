/**
 * Puts the events of a streamed message together in the form of the unstreamed one, fields that
 * are new to us included. It knows no bytes and judges no errors.
 */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import { parseJson } from '../answers/parse-json.ts';

export interface MessageAssembler {
  add(event: JsonObject): void;
  /** Whether the message has begun: from then on the provider may bill. */
  hasBegun(): boolean;
  /** Whether it has said why it ends. */
  isFinished(): boolean;
  /** The message as far as it came. */
  message(): JsonObject;
}

interface GrowingBlock {
  readonly start: JsonObject;
  /** Pieces of a field by its name, joined once: long texts stay linear. */
  readonly pieces: Map<string, string[]>;
  /** Fields that come whole. */
  readonly whole: Record<string, Json | undefined>;
}

export function createMessageAssembler(): MessageAssembler {
  let top: JsonObject | undefined;
  let begunUsage: JsonObject = {};
  let endUsage: JsonObject | undefined;
  const blocks = new Map<number, GrowingBlock>();

  const take: Readonly<Record<string, (event: JsonObject) => void>> = {
    message_start({ message }) {
      if (!isJsonObject(message)) return;
      top = { ...top, ...message };
      begunUsage = toldOf(message['usage']) ?? {};
    },
    content_block_start({ index, content_block: block }) {
      if (typeof index !== 'number' || !isJsonObject(block)) return;
      blocks.set(index, { start: block, pieces: new Map(), whole: {} });
    },
    content_block_delta({ index, delta }) {
      const block = typeof index === 'number' ? blocks.get(index) : undefined;
      if (block !== undefined && isJsonObject(delta)) addDelta(block, delta);
    },
    message_delta({ delta, usage: counted }) {
      if (isJsonObject(delta)) top = { ...top, ...delta };
      const told = toldOf(counted);
      if (told !== undefined) endUsage = { ...endUsage, ...told };
    },
  };

  return {
    add(event) {
      const { type } = event;
      if (typeof type === 'string' && Object.hasOwn(take, type)) take[type]?.(event);
    },
    hasBegun: () => top !== undefined || blocks.size > 0,
    isFinished: () => typeof top?.['stop_reason'] === 'string',
    message: () => ({
      type: 'message',
      ...top,
      content: [...blocks].sort(([a], [b]) => a - b).map(([, block]) => finishedBlock(block)),
      // What a stream counts at its beginning is no count of what came after it.
      usage: hasCount(endUsage) ? { ...begunUsage, ...endUsage } : undefined,
    }),
  };
}

/** Counts only grow; a later `null` says no more than that a field exists. */
function toldOf(usage: Json | undefined): JsonObject | undefined {
  if (!isJsonObject(usage)) return undefined;
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null));
}

function addDelta(block: GrowingBlock, { type: _type, ...fields }: JsonObject): void {
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== 'string') {
      // As a key of a plain object this one would set the prototype instead of a field.
      if (name !== '__proto__') block.whole[name] = value;
      continue;
    }
    const pieces = block.pieces.get(name);
    if (pieces === undefined) block.pieces.set(name, [value]);
    else pieces.push(value);
  }
}

/** Text grows after what the block began with; the input of a tool comes as pieces of JSON. */
function finishedBlock({ start, pieces, whole }: GrowingBlock): JsonObject {
  const finished: Record<string, Json | undefined> = { ...start, ...whole };
  for (const [name, parts] of pieces) {
    if (name === '__proto__') continue;
    const text = parts.join('');
    if (name !== 'partial_json') {
      const begun = start[name];
      finished[name] = (typeof begun === 'string' ? begun : '') + text;
    } else if (text !== '') finished['input'] = parseJson(text) ?? text;
  }
  return finished;
}

function hasCount(usage: JsonObject | undefined): boolean {
  return typeof usage?.['output_tokens'] === 'number';
}
