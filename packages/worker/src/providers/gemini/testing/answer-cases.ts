/** Hand-made answers of Gemini for the tests of its adapter, and the streams that they come as. */
import { readFileSync } from 'node:fs';
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';

export interface AnswerCase {
  readonly name: string;
  readonly answer: JsonObject;
  readonly choices: readonly JsonObject[];
  readonly usage: JsonObject | null;
  /** `answered`, or class and ambiguity. */
  readonly outcome: string;
  readonly keepsUsage: boolean;
}

export function readFixture<T>(name: string): readonly T[] {
  const text = readFileSync(new URL(`../__fixtures__/${name}`, import.meta.url), 'utf8');
  // Our own fixture: a wrong form fails the tests that read it.
  return JSON.parse(text) as readonly T[];
}

/**
 * The events of a stream that says the same: each part of its own, texts in pieces, and the reason
 * of the end with the rest in the last event of a candidate.
 *
 * @param pieceLength characters of one piece of text.
 */
export function chunksOf(answer: JsonObject, pieceLength = 3): readonly JsonObject[] {
  const { candidates, ...others } = answer;
  const listed = Array.isArray(candidates) ? candidates.filter(isJsonObject) : [];
  if (listed.length === 0) return [others];
  const { usageMetadata, ...shell } = others;
  return listed.flatMap((candidate, place) => {
    const { content, ...rest } = candidate;
    const parts = isJsonObject(content) && Array.isArray(content['parts']) ? content['parts'] : [];
    const index = rest['index'] ?? 0;
    const pieces = parts.flatMap((part) => piecesOf(part, pieceLength));
    const isLast = place === listed.length - 1;
    return [
      ...pieces.map((part) => event({ content: { role: 'model', parts: [part] }, index }, shell)),
      event({ ...rest, index }, isLast && usageMetadata !== undefined ? answer : shell),
    ];
  });
}

function event(candidate: JsonObject, around: JsonObject): JsonObject {
  return { ...around, candidates: [candidate] };
}

function piecesOf(part: Json, pieceLength: number): readonly Json[] {
  if (!isJsonObject(part) || typeof part['text'] !== 'string') return [part];
  const { text, thoughtSignature, ...rest } = part;
  const pieces: JsonObject[] = [];
  for (let start = 0; start < text.length; start += pieceLength) {
    pieces.push({ ...rest, text: text.slice(start, start + pieceLength) });
  }
  // A signature comes at the end, with or without a word.
  return thoughtSignature === undefined ? pieces : [...pieces, { text: '', thoughtSignature }];
}
