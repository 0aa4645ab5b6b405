/**
 * The texts of a request that tell what it asks for: the last turns of the user, and the system
 * prompt. Bounded, so that a request of megabytes costs no more than one of some kilobytes.
 */
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';

export interface PromptTexts {
  /** What the system or developer messages say. */
  readonly system: string;
  /** Turns of the user, the newest first; never more than {@link turnsMax}. */
  readonly turns: readonly string[];
}

/** UTF-16 units that are read of one text, half from its beginning and half from its end. */
const textUnitsMax = 16_384;
const systemUnitsMax = 2_048;
const turnsMax = 4;

/** @param body a chat or Responses request; anything else has no texts. */
export function readPrompt(body: JsonObject): PromptTexts {
  const prompt = body['messages'] ?? body['input'];
  const instructions = body['instructions'];
  const head = typeof instructions === 'string' ? [instructions] : [];
  if (typeof prompt === 'string') return textsOf(head, [prompt]);
  return Array.isArray(prompt) ? readMessages(prompt, head) : textsOf(head, []);
}

/** @param messages as in a chat request, oldest first. */
function readMessages(messages: readonly Json[], head: readonly string[] = []): PromptTexts {
  const system: string[] = [...head];
  const turns: string[] = [];
  for (const message of messages.toReversed()) {
    if (!isJsonObject(message)) continue;
    const { role } = message;
    if (role === 'system' || role === 'developer') system.push(contentText(message['content']));
    else if (role === 'user' && turns.length < turnsMax)
      turns.push(contentText(message['content']));
  }
  return textsOf(system, turns);
}

function textsOf(system: readonly string[], turns: readonly string[]): PromptTexts {
  let left = textUnitsMax;
  const read: string[] = [];
  for (const turn of turns) {
    if (left <= 0) break;
    const text = headAndTail(turn, left);
    left -= text.length;
    read.push(text);
  }
  return { system: headAndTail(system.join('\n'), systemUnitsMax), turns: read };
}

function contentText(content: Json | undefined): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map(partText).join('\n');
}

function partText(part: Json): string {
  const text = isJsonObject(part) ? part['text'] : undefined;
  return typeof text === 'string' ? text : '';
}

function headAndTail(text: string, unitsMax: number): string {
  if (text.length <= unitsMax) return text;
  const half = Math.floor(unitsMax / 2);
  return `${text.slice(0, half)}\n${text.slice(-half)}`;
}
