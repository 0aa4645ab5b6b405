/**
 * Messages of the OpenAI form as contents of Gemini.
 *
 * G1  System and developer messages become the one system instruction, in their order: there is no
 *     such role between contents. Where nothing else is said, they are what the user says.
 * G2  Each message is a content of its own, except the results of one round of tool calls: those
 *     have to come together, right after the calls and in their order.
 * G3  A tool call keeps its id, and its result names the same id and the function's name.
 * G4  A signature that came with a part goes back with it; see `thought-signature.ts`.
 *
 * What has no form here was found before (`domain/find-uncarried.ts`) and does not reach this.
 */
import { readArguments } from '@forebay/shared/domain/call-arguments';
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import { asObjects } from '../answers/json-list.ts';
import { parseJson } from '../answers/parse-json.ts';
import { signatureOf, standInSignature } from './thought-signature.ts';

export interface GeminiContents {
  readonly systemInstruction: JsonObject | undefined;
  readonly contents: readonly JsonObject[];
}

interface GeminiContent {
  readonly role: 'user' | 'model';
  readonly parts: readonly JsonObject[];
  readonly hasResults: boolean;
}

/**
 * Translates the messages of a request.
 *
 * @param needsSignatures whether the model refuses calls that it cannot recognise as its own.
 */
export function translateMessages(
  messages: Json | undefined,
  needsSignatures: boolean,
): GeminiContents {
  const all = asObjects(messages);
  const system = all.filter(isSystem).flatMap((message) => textParts(message['content']));
  const spoken = all.filter((message) => !isSystem(message));
  const names = calledNames(spoken);
  const contents = joinResults(
    spoken.map((message, at) => contentOf(message, { called: names[at], needsSignatures })),
  ).map(({ role, parts }) => ({ role, parts: parts.length === 0 ? [{ text: '' }] : parts }));
  if (contents.length > 0 || system.length === 0) {
    return { systemInstruction: system.length === 0 ? undefined : { parts: system }, contents };
  }
  return { systemInstruction: undefined, contents: [{ role: 'user', parts: system }] }; // G1
}

function isSystem(message: JsonObject): boolean {
  return message['role'] === 'system' || message['role'] === 'developer';
}

interface Surroundings {
  /** The function whose result the message is. */
  readonly called: Json | undefined;
  readonly needsSignatures: boolean;
}

function contentOf(message: JsonObject, around: Surroundings): GeminiContent {
  if (message['role'] === 'tool') {
    return { role: 'user', parts: [resultPart(message, around.called)], hasResults: true };
  }
  if (message['role'] === 'assistant') {
    return { role: 'model', parts: modelParts(message, around), hasResults: false };
  }
  return { role: 'user', parts: userParts(message['content']), hasResults: false };
}

/** G2. */
function joinResults(contents: readonly GeminiContent[]): readonly GeminiContent[] {
  const joined: GeminiContent[] = [];
  for (const content of contents) {
    const last = joined.at(-1);
    if (last?.hasResults !== true || !content.hasResults) joined.push(content);
    else joined.splice(-1, 1, { ...last, parts: [...last.parts, ...content.parts] });
  }
  return joined.map((content, index) =>
    content.hasResults ? inOrderOfCalls(content, joined[index - 1]) : content,
  );
}

/** Services that know no ids match the results with the calls by their order. */
function inOrderOfCalls(content: GeminiContent, calls: GeminiContent | undefined): GeminiContent {
  const ids = calls?.parts.map((part) => memberId(part['functionCall'])) ?? [];
  const placeOf = (part: JsonObject): number => ids.indexOf(memberId(part['functionResponse']));
  return { ...content, parts: [...content.parts].sort((a, b) => placeOf(a) - placeOf(b)) };
}

function memberId(member: Json | undefined): Json | undefined {
  return isJsonObject(member) ? member['id'] : undefined;
}

function textParts(content: Json | undefined): readonly JsonObject[] {
  const texts = typeof content === 'string' ? [content] : partTexts(content);
  return texts.filter((text) => text !== '').map((text) => ({ text }));
}

function partTexts(content: Json | undefined): readonly string[] {
  return asObjects(content).flatMap((part) => {
    const text = part['text'] ?? part['refusal'];
    return typeof text === 'string' ? [text] : [];
  });
}

function userParts(content: Json | undefined): readonly JsonObject[] {
  if (!Array.isArray(content)) return textParts(content);
  return asObjects(content).flatMap((part) => {
    const image = part['image_url'];
    return isJsonObject(image) ? imageParts(image['url']) : textParts([part]);
  });
}

const dataUrl = /^data:([^;,]+);base64,/i;

function imageParts(url: Json | undefined): readonly JsonObject[] {
  if (typeof url !== 'string') return [];
  const [head = '', mimeType = ''] = dataUrl.exec(url) ?? [];
  return [{ inlineData: { mimeType: mimeType.toLowerCase(), data: url.slice(head.length) } }];
}

function modelParts(message: JsonObject, around: Surroundings): readonly JsonObject[] {
  const texts = [...textParts(message['content']), ...textParts(message['refusal'])];
  const signature = signatureOf(message);
  const said = texts.map((part, index) =>
    // It came with the last piece of the text (G4).
    index === texts.length - 1 && signature !== undefined
      ? { ...part, thoughtSignature: signature }
      : part,
  );
  const calls = asObjects(message['tool_calls']);
  return [...said, ...signedCalls(calls, around.needsSignatures)];
}

/** Of calls made together only the first carries a signature. */
function signedCalls(calls: readonly JsonObject[], needsSignatures: boolean): JsonObject[] {
  const isSigned = calls.some((call) => signatureOf(call) !== undefined);
  return calls.map((call, index) => {
    const isStandIn = needsSignatures && !isSigned && index === 0;
    const signature = signatureOf(call) ?? (isStandIn ? standInSignature : undefined);
    return {
      functionCall: functionCallOf(call),
      ...(signature === undefined ? {} : { thoughtSignature: signature }),
    };
  });
}

function functionCallOf(call: JsonObject): JsonObject {
  const called = isJsonObject(call['function']) ? call['function'] : {};
  return {
    ...(typeof call['id'] === 'string' ? { id: call['id'] } : {}),
    name: called['name'],
    args: readArguments(called['arguments']) ?? {},
  };
}

/**
 * By place of the message: the function whose result it is, by the last call before it that has
 * its id. Some services count their ids anew in every turn.
 */
function calledNames(messages: readonly JsonObject[]): readonly (Json | undefined)[] {
  const names = new Map<Json, Json>();
  return messages.map((message) => {
    for (const call of asObjects(message['tool_calls'])) {
      const called = call['function'];
      const [id, name] = [call['id'], isJsonObject(called) ? called['name'] : undefined];
      if (id !== undefined && name !== undefined) names.set(id, name);
    }
    return names.get(message['tool_call_id'] ?? null);
  });
}

/** G3. The result has to be an object: a text that is none stands under `output`. */
function resultPart(message: JsonObject, called: Json | undefined): JsonObject {
  const { content, tool_call_id: id, name } = message;
  const text = typeof content === 'string' ? content : partTexts(content).join('');
  const parsed = parseJson(text);
  return {
    functionResponse: {
      ...(typeof id === 'string' ? { id } : {}),
      name: called ?? name,
      response: isJsonObject(parsed) ? parsed : { output: text },
    },
  };
}
