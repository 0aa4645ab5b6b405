/** The text in one chunk of a streamed chat answer, as it can be shown at once. */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import type { TextDelta, TextField } from '@forebay/shared/domain/text-delta';

/** Servers disagree about the name of what a model thinks before it answers. */
const fieldNames: readonly (readonly [name: string, field: TextField])[] = [
  ['reasoning_content', 'reasoning'],
  ['reasoning', 'reasoning'],
  ['content', 'content'],
  ['refusal', 'refusal'],
];

/** Text only: of other parts of a chunk, such as tool calls, a half is of no use. */
export function textDeltas(chunk: JsonObject): readonly TextDelta[] {
  const choices = chunk['choices'];
  return Array.isArray(choices) ? choices.filter(isJsonObject).flatMap(deltasOfChoice) : [];
}

function deltasOfChoice(part: JsonObject): readonly TextDelta[] {
  const { index, delta } = part;
  if (!isJsonObject(delta)) return [];
  const choice = typeof index === 'number' && Number.isSafeInteger(index) ? index : 0;
  const found = new Map<TextField, string>();
  for (const [name, field] of fieldNames) {
    // A server that sends both names sends the same text in them.
    if (!found.has(field) && isText(delta[name])) found.set(field, delta[name]);
  }
  return [...found].map(([field, text]) => ({ choice, field, text }));
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '';
}
