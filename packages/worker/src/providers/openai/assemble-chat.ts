/**
 * Puts the chunks of a streamed chat answer together in the form of the unstreamed one, field by
 * field, unknown fields included. It knows no bytes and judges no errors.
 */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import { asList } from '../answers/json-list.ts';
import { type Growing, mergeDelta } from './merge-delta.ts';

export interface ChatAssembler {
  add(chunk: JsonObject): void;
  /** Whether any choice has begun: from then on the provider may bill. */
  hasBegun(): boolean;
  /** Whether there is a choice, and every choice has its finish reason. */
  isFinished(): boolean;
  /** The answer as far as it came, in the form of `chat.completion`. */
  body(): JsonObject;
}

/** Only the stream has these: padding against traffic analysis. */
const streamOnlyFields = new Set(['choices', 'object', 'obfuscation']);

interface GrowingChoice {
  readonly index: number;
  readonly message: Growing;
  readonly rest: Growing;
  logprobs: Growing | undefined;
  finishReason: Json;
}

export function createChatAssembler(): ChatAssembler {
  const top: Growing = {};
  const choices = new Map<number, GrowingChoice>();

  const choiceAt = (index: number): GrowingChoice => {
    const known = choices.get(index);
    if (known !== undefined) return known;
    const fresh = { index, message: {}, rest: {}, logprobs: undefined, finishReason: null };
    choices.set(index, fresh);
    return fresh;
  };

  return {
    add(chunk) {
      keepLatest(top, chunk, streamOnlyFields);
      for (const part of asList(chunk['choices'])) {
        if (!isJsonObject(part)) continue;
        const index = part['index'];
        addToChoice(choiceAt(typeof index === 'number' ? index : 0), part);
      }
    },
    hasBegun: () => choices.size > 0,
    isFinished() {
      const all = [...choices.values()];
      return all.length > 0 && all.every((choice) => typeof choice.finishReason === 'string');
    },
    body: () => ({
      ...top,
      object: 'chat.completion',
      choices: [...choices.values()].sort((a, b) => a.index - b.index).map(finishedChoice),
    }),
  };
}

const choiceFields = new Set(['index', 'delta', 'logprobs', 'finish_reason']);

function addToChoice(choice: GrowingChoice, part: JsonObject): void {
  keepLatest(choice.rest, part, choiceFields);
  if (typeof part['finish_reason'] === 'string') choice.finishReason = part['finish_reason'];
  if (isJsonObject(part['logprobs'])) {
    choice.logprobs ??= {};
    mergeDelta(choice.logprobs, part['logprobs']);
  }
  if (isJsonObject(part['delta'])) {
    mergeDelta(choice.message, withCallIndexes(part['delta'], choice.message['tool_calls']));
  }
}

/** Takes every field over; a later value replaces an earlier one, `null` does not. */
function keepLatest(target: Growing, source: JsonObject, except: ReadonlySet<string>): void {
  for (const [key, value] of Object.entries(source)) {
    if (except.has(key) || key === '__proto__' || value === undefined) continue;
    target[key] = value ?? target[key] ?? null;
  }
}

/**
 * Gives tool call deltas the `index` that they are joined by, where a server leaves it out: a
 * known id continues its call, a new id starts one, no id continues the last one.
 */
function withCallIndexes(delta: JsonObject, held: Json | undefined): JsonObject {
  const deltas = delta['tool_calls'];
  if (!Array.isArray(deltas)) return delta;
  const known = asList(held).filter(isJsonObject);
  const calls = deltas.filter(isJsonObject).map((call) => {
    if (typeof call['index'] === 'number') return call;
    const same = known.find((old) => old['id'] === call['id']);
    const last = typeof call['id'] === 'string' ? undefined : known.at(-1);
    const indexed = { ...call, index: (same ?? last)?.['index'] ?? known.length };
    if (same === undefined && last === undefined) known.push(indexed);
    return indexed;
  });
  return { ...delta, tool_calls: calls };
}

function finishedChoice(choice: GrowingChoice): JsonObject {
  return {
    ...choice.rest,
    index: choice.index,
    message: finishedMessage(choice.message),
    logprobs: choice.logprobs ?? null,
    finish_reason: choice.finishReason,
  };
}

const emptyMessage = { role: 'assistant', content: null, refusal: null } as const;

/** The parts that an unstreamed message always has, and tool calls without their stream index. */
function finishedMessage(message: Growing): JsonObject {
  const finished: Growing = { ...emptyMessage, annotations: [], ...message };
  const calls = asList(message['tool_calls']).filter(isJsonObject);
  if (calls.length > 0) {
    finished['tool_calls'] = [...calls]
      .sort((a, b) => Number(a['index']) - Number(b['index']))
      .map(({ index: _index, ...call }) => call);
  }
  const isOther = calls.length > 0 || isText(message['refusal']) || isSet(message['function_call']);
  // Streams open with empty content whatever follows; unstreamed, such a message has none.
  if (finished['content'] === '' && isOther) finished['content'] = null;
  return finished;
}

function isText(value: Json | undefined): boolean {
  return typeof value === 'string' && value !== '';
}

function isSet(value: Json | undefined): boolean {
  return value !== undefined && value !== null;
}
