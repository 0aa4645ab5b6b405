/**
 * A whole chat answer as the chunks of its stream, written from the description of the API and not
 * from the code that reads it.
 */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';

/**
 * The chunks that say the same, those of several choices by turns.
 *
 * @param pieceLength characters of one piece of text.
 */
export function chunksOf(answer: JsonObject, pieceLength = 3): readonly JsonObject[] {
  const { choices, usage, ...shell } = answer;
  const top = { ...shell, object: 'chat.completion.chunk' };
  const parts = objects(choices).map((choice) => partsOf(choice, pieceLength));
  const longest = Math.max(0, ...parts.map(({ length }) => length));
  const turns = Array.from({ length: longest }, (_, turn) =>
    parts.flatMap((ofChoice) => ofChoice.slice(turn, turn + 1)),
  );
  return [
    ...turns.flat().map((part) => ({ ...top, choices: [part] })),
    ...(usage === undefined ? [] : [{ ...top, choices: [], usage }]),
  ];
}

/** The bytes of a stream of these chunks. */
export function wireOf(chunks: readonly JsonObject[]): Buffer {
  const frames = [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'];
  return Buffer.from(frames.map((frame) => `data: ${frame}\n\n`).join(''));
}

function partsOf(choice: JsonObject, pieceLength: number): readonly JsonObject[] {
  const { index, message, logprobs, finish_reason, ...rest } = choice;
  const said = isJsonObject(message) ? message : {};
  const part = (delta: JsonObject, more: JsonObject = {}): JsonObject => ({
    ...{ index, delta, logprobs: null, finish_reason: null },
    ...more,
  });
  const { role, content, refusal, tool_calls: calls, annotations, ...others } = said;
  const texts = { content, refusal, ...textsOf(others) };
  return [
    // A stream opens with empty content where text is to come, and where nobody knows yet.
    part({ role, content: content === null ? null : '', refusal: null }),
    ...tokensOf(logprobs).map((one) => part({}, { logprobs: one })),
    ...Object.entries(texts).flatMap(([name, text]) =>
      piecesOf(text, pieceLength).map((piece) => part({ [name]: piece })),
    ),
    ...wholes({ ...others, annotations }).map((whole) => part(whole)),
    ...objects(calls).flatMap((call, place) =>
      callDeltas(call, place, pieceLength).map((delta) => part({ tool_calls: [delta] })),
    ),
    part({}, { finish_reason, ...rest }),
  ];
}

/** Thoughts come in pieces, too, under the names that servers have for them. */
function textsOf({ reasoning_content, reasoning }: JsonObject): JsonObject {
  return { reasoning_content, reasoning };
}

/** What comes at once; an empty list does not come at all. */
function wholes(members: JsonObject): readonly JsonObject[] {
  return Object.entries(members)
    .filter(([name]) => name !== 'reasoning_content' && name !== 'reasoning')
    .filter(([, value]) => !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => ({ [name]: value }));
}

function tokensOf(logprobs: Json | undefined): readonly JsonObject[] {
  if (!isJsonObject(logprobs)) return [];
  return objects(logprobs['content']).map((token) => ({ ...logprobs, content: [token] }));
}

function callDeltas(call: JsonObject, index: number, pieceLength: number): readonly JsonObject[] {
  const { function: called, ...rest } = call;
  const { arguments: written, ...named } = isJsonObject(called) ? called : {};
  return [
    { index, ...rest, function: { ...named, arguments: '' } },
    ...piecesOf(written, pieceLength).map((piece) => ({ index, function: { arguments: piece } })),
  ];
}

function piecesOf(text: Json | undefined, length: number): readonly string[] {
  if (typeof text !== 'string') return [];
  const pieces: string[] = [];
  for (let start = 0; start < text.length; start += length) {
    pieces.push(text.slice(start, start + length));
  }
  return pieces;
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
