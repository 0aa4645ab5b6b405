/**
 * Checks the fields of a request that bear money or size and do not depend on the model. All
 * other fields belong to the provider and pass unread. Pointers are relative to `body`.
 */
import type { ErrorDetail } from '../domain/forebay-error.ts';
import { isDeeperThan, isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { limits } from '../domain/limits.ts';
import type { JobKind } from '../domain/model-catalog.ts';

/** Most choices (`n`) of one request, as in the OpenAI API. */
const choicesMax = 128;

/** Most inputs of one embeddings request, as in the OpenAI API. */
const embeddingInputsMax = 2_048;

/** Output caps above this are a mistake: no model writes that much. */
const outputTokensMax = 10_000_000;

/** The names under which each kind takes its output cap. */
export const outputCapFields = {
  'chat.completions': ['max_completion_tokens', 'max_tokens'],
  responses: ['max_output_tokens'],
  embeddings: [],
} as const satisfies Record<JobKind, readonly string[]>;

/** Checks a request; an empty list means that its shape is fine. */
export function checkRequestShape(kind: JobKind, body: JsonObject): readonly ErrorDetail[] {
  if (isDeeperThan(body, limits.jsonDepthMax)) {
    return [problem('', 'too_deep', `nest at most ${limits.jsonDepthMax} levels`)];
  }
  return [
    ...checkPrompt(kind, body),
    ...checkWhole(body, 'n', choicesMax),
    ...checkOutputCaps(kind, body),
    ...checkToolLists(body),
  ];
}

function checkPrompt(kind: JobKind, body: JsonObject): readonly ErrorDetail[] {
  switch (kind) {
    case 'chat.completions':
      return checkMessages(body['messages']);
    case 'responses':
      return checkResponsesInput(body['input']);
    case 'embeddings':
      return checkEmbeddingsInput(body['input']);
  }
}

function checkMessages(messages: Json | undefined): readonly ErrorDetail[] {
  if (!Array.isArray(messages) || messages.length === 0) {
    return [problem('/messages', 'required', 'expected a list with at least one message')];
  }
  return messages.flatMap((message: Json, index) => {
    const pointer = `/messages/${index}`;
    if (!isJsonObject(message)) return [problem(pointer, 'invalid_type', 'expected an object')];
    const role = message['role'];
    return [
      ...(typeof role === 'string' && role !== ''
        ? []
        : [problem(`${pointer}/role`, 'required', 'expected a role such as "user"')]),
      ...checkContent(`${pointer}/content`, message['content']),
    ];
  });
}

function checkResponsesInput(input: Json | undefined): readonly ErrorDetail[] {
  if (typeof input === 'string' && input !== '') return [];
  if (!Array.isArray(input) || input.length === 0) {
    return [problem('/input', 'required', 'expected a text or a list with at least one item')];
  }
  return input.flatMap((item: Json, index) => {
    const pointer = `/input/${index}`;
    if (!isJsonObject(item)) return [problem(pointer, 'invalid_type', 'expected an object')];
    return checkContent(`${pointer}/content`, item['content']);
  });
}

function checkContent(pointer: string, content: Json | undefined): readonly ErrorDetail[] {
  if (content === undefined || content === null || typeof content === 'string') return [];
  if (!Array.isArray(content)) {
    return [problem(pointer, 'invalid_type', 'expected a text or a list of content parts')];
  }
  const wrong = content.findIndex((part) => !isJsonObject(part));
  if (wrong === -1) return [];
  return [problem(`${pointer}/${wrong}`, 'invalid_type', 'expected a content part (an object)')];
}

function checkEmbeddingsInput(input: Json | undefined): readonly ErrorDetail[] {
  if (typeof input === 'string' && input !== '') return [];
  const expected =
    'expected a text, a list of texts, a list of token numbers, or a list of those; none empty';
  if (!Array.isArray(input) || input.length === 0) return [problem('/input', 'required', expected)];
  if (input.every(isToken)) return [];
  if (input.length > embeddingInputsMax) {
    return [problem('/input', 'too_many', `send at most ${embeddingInputsMax} inputs at once`)];
  }
  const texts = input.every((item) => typeof item === 'string' && item !== '');
  return texts || input.every(isTokenList) ? [] : [problem('/input', 'invalid_type', expected)];
}

function isToken(value: Json): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function isTokenList(value: Json): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isToken);
}

function checkOutputCaps(kind: JobKind, body: JsonObject): readonly ErrorDetail[] {
  const own: readonly string[] = outputCapFields[kind];
  const all = Object.values(outputCapFields).flat();
  const given = all.filter((name) => isGiven(body[name]));
  const foreign = given.filter((name) => !own.includes(name));
  return [
    ...foreign.map((name) => problem(`/${name}`, 'not_supported', foreignCapText(kind, own))),
    ...own.flatMap((name) => checkWhole(body, name, outputTokensMax)),
    ...checkAgreement(own, body),
  ];
}

function foreignCapText(kind: JobKind, own: readonly string[]): string {
  return own.length === 0
    ? `${kind} has no output cap; leave it out`
    : `${kind} takes its output cap as \`${own.join('` or `')}\``;
}

function checkAgreement(own: readonly string[], body: JsonObject): readonly ErrorDetail[] {
  const values = own.map((name) => body[name]).filter(isGiven);
  if (new Set(values).size <= 1) return [];
  const text = `give one of \`${own.join('` and `')}\`, not two that differ`;
  return [problem(`/${own[0]}`, 'contradiction', text)];
}

function checkToolLists(body: JsonObject): readonly ErrorDetail[] {
  return ['tools', 'functions']
    .filter((name) => isGiven(body[name]) && !Array.isArray(body[name]))
    .map((name) => problem(`/${name}`, 'invalid_type', 'expected a list'));
}

function checkWhole(body: JsonObject, name: string, max: number): readonly ErrorDetail[] {
  const value = body[name];
  if (!isGiven(value)) return [];
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) return [];
  const text = `expected a whole number from 1 to ${max}`;
  return [problem(`/${name}`, 'invalid_number', text)];
}

function isGiven(value: Json | undefined): boolean {
  return value !== undefined && value !== null;
}

function problem(pointer: string, code: string, detail: string): ErrorDetail {
  return { pointer, code, detail };
}
