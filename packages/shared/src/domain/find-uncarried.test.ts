import { describe, expect, test } from 'vitest';
import { findUncarried, uncarriedFields } from './find-uncarried.ts';
import type { JsonObject } from './json.ts';

const user = { role: 'user', content: 'Hi' };
const png = 'data:image/png;base64,iVBORw0KGgo=';

function image(detail?: string): JsonObject {
  return {
    type: 'image_url',
    image_url: { url: png, ...(detail === undefined ? {} : { detail }) },
  };
}

function chat(fields: JsonObject): JsonObject {
  return { model: 'auto', messages: [user], ...fields };
}

function said(...messages: readonly JsonObject[]): JsonObject {
  return { model: 'auto', messages };
}

function calls(written: string): JsonObject {
  const call = { id: 'a', type: 'function', function: { name: 'f', arguments: written } };
  return { role: 'assistant', tool_calls: [call] };
}

function callsNamed(called: JsonObject): JsonObject {
  return { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: called }] };
}

const result = { role: 'tool', tool_call_id: 'a', content: 'sunny' };
const stray = { ...result, tool_call_id: 'b' };

/** Arguments that texts carry and objects do not: cut off by a cap, of another form, bottomless. */
const unreadable = [
  '{"c": "Par',
  '[1]',
  '{bad}',
  '"text"',
  `{"a":${'['.repeat(99)}${']'.repeat(99)}}`,
];
const readable = ['{"a": 1}', ' {"a": {}} ', '', ' '];

describe('Gemini', () => {
  test.each<[string, JsonObject]>([
    ['a plain request', chat({})],
    ['empty values', chat({ logit_bias: {}, tools: [], functions: [], n: null })],
    ['labels', chat({ user: 'u', metadata: { a: 'b' }, prompt_cache_key: 'k' })],
    ['one resolution', said({ role: 'user', content: [image('low'), image('low')] })],
    ['five words to stop at', chat({ stop: ['a', 'b', 'c', 'd', 'e'] })],
    ['the result of a call', said(calls('{}'), result)],
    ['a result that names its function', said({ ...stray, name: 'f' })],
    ...readable.map((text): [string, JsonObject] => [`arguments ${text}`, said(calls(text))]),
  ])('carries %s', (_name, body) => {
    expect(findUncarried('gemini', body)).toEqual([]);
  });

  test.each<[string, JsonObject]>([
    ['logit_bias', chat({ logit_bias: { '1': 2 } })],
    ['store', chat({ store: true })],
    ['verbosity', chat({ verbosity: 'low' })],
    ['min_p', chat({ min_p: 0.1 })],
    ['functions', chat({ functions: [{ name: 'x' }] })],
    ['n', chat({ n: 9 })],
    ['seed', chat({ seed: 2 ** 40 })],
    ['stop', chat({ stop: ['a', 'b', 'c', 'd', 'e', 'f'] })],
    ['reasoning_effort', chat({ reasoning_effort: 'heroic' })],
    ['response_format', chat({ response_format: { type: 'grammar' } })],
    [
      'tool_choice',
      chat({ tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto' } } }),
    ],
    ['tools[1].type', chat({ tools: [{ type: 'function', function: {} }, { type: 'custom' }] })],
    [
      'parallel_tool_calls',
      chat({ parallel_tool_calls: false, tools: [{ type: 'function', function: {} }] }),
    ],
    ['messages[0].name', said({ ...user, name: 'Ann' })],
    ['messages[0].role', said({ role: 'function', name: 'x', content: '1' })],
    ['messages[0].tool_calls[0]', said({ role: 'assistant', tool_calls: [{ type: 'custom' }] })],
    ['messages[1].content[0].type', said(calls('{}'), { ...result, content: [image()] })],
    ['messages[0].tool_calls[0].function.name', said(callsNamed({ arguments: '{}' }))],
    ['messages[0].tool_calls[0].function.name', said(callsNamed({ name: 7 }))],
    ['messages[1].tool_call_id', said(calls('{}'), stray)],
    ['messages[0].tool_call_id', said(result, calls('{}'))],
    ...unreadable.map((text): [string, JsonObject] => [
      'messages[0].tool_calls[0].function.arguments',
      said(calls(text)),
    ]),
    ['messages[0].content[0].image_url.detail', said({ role: 'user', content: [image('wide')] })],
    [
      'messages[].content[].image_url.detail',
      said({ role: 'user', content: [image('low'), image()] }),
    ],
    [
      'messages[0].content[0].cache_control',
      said({ role: 'user', content: [{ type: 'text', text: 'a', cache_control: { type: 'x' } }] }),
    ],
  ])('has no form for %s', (path, body) => {
    expect(findUncarried('gemini', body)).toEqual([path]);
  });
});

function format(schema: JsonObject): JsonObject {
  return { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } };
}

const blank = { role: 'user', content: '' };
const spoken = { role: 'assistant', content: 'Hello' };

describe('Anthropic', () => {
  test.each<[string, JsonObject]>([
    ['a plain request', chat({})],
    ['values that say nothing', chat({ n: 1, logprobs: false, frequency_penalty: 0, seed: null })],
    ['a temperature up to 1', chat({ temperature: 1 })],
    ['a free choice of words', chat({ reasoning_effort: 'low', temperature: 1, top_p: 0.95 })],
    ['sampling without thinking', chat({ reasoning_effort: 'none', temperature: 0, top_k: 4 })],
    [
      'sampling where a tool must be called',
      chat({ reasoning_effort: 'high', tool_choice: 'required', temperature: 0, top_p: 0.1 }),
    ],
    ['the result of a call', said(calls('{}'), result)],
    ...readable.map((text): [string, JsonObject] => [`arguments ${text}`, said(calls(text))]),
    ['images for a user', said({ role: 'user', content: [image('high')] })],
    ['images for a tool', said(calls(''), { ...result, content: [image('high')] })],
    ['instructions and nothing else', said({ role: 'system', content: 'a' }, blank)],
    ['a blank turn between others', said(user, spoken, blank, user)],
    ['blank turns of the assistant at the end', said(user, { role: 'assistant', content: '' })],
    ['a blank beside a call', said({ ...calls('{}'), content: '\n' })],
    ['a schema of objects with members', chat(format({ type: 'object', properties: { a: {} } }))],
    ['a schema of values', chat(format({ type: ['string', 'null'] }))],
  ])('carries %s', (_name, body) => {
    expect(findUncarried('anthropic', body)).toEqual([]);
  });

  test.each<[string, JsonObject]>([
    ['n', chat({ n: 2 })],
    ['seed', chat({ seed: 7 })],
    ['logprobs', chat({ logprobs: true })],
    ['logit_bias', chat({ logit_bias: { '1': 2 } })],
    ['presence_penalty', chat({ presence_penalty: 0.5 })],
    ['temperature', chat({ temperature: 1.5 })],
    ['temperature', chat({ temperature: 0.5, reasoning_effort: 'low' })],
    ['top_p', chat({ top_p: 0.9, reasoning_effort: 'minimal' })],
    ['top_k', chat({ top_k: 40, reasoning_effort: 'high', tool_choice: 'auto' })],
    ['stop', chat({ stop: ['a', '\n'] })],
    ['response_format', chat({ response_format: { type: 'json_object' } })],
    ['response_format', chat(format({ type: 'object' }))],
    ['response_format', chat(format({ items: { type: 'object', additionalProperties: {} } }))],
    ['response_format', chat(format({ properties: { a: { type: ['object', 'null'] } } }))],
    ['reasoning_effort', chat({ reasoning_effort: 'heroic' })],
    ['tool_choice', chat({ tool_choice: { type: 'allowed_tools' } })],
    ['tools[0].type', chat({ tools: [{ type: 'custom', custom: {} }] })],
    ['future_field', chat({ future_field: 1 })],
    ['messages[0].name', said({ ...user, name: 'Ann' })],
    ['messages[0].role', said({ role: 'function', name: 'x', content: '1' })],
    ...unreadable.map((text): [string, JsonObject] => [
      'messages[0].tool_calls[0].function.arguments',
      said(calls(text)),
    ]),
    ['messages[0].tool_calls[0].function.name', said(callsNamed({ arguments: '{}' }))],
    ['messages[0].tool_calls[0].function.name', said(callsNamed({ name: 7 }))],
    ['messages[1].tool_call_id', said(calls('{}'), { ...stray, name: 'f' })],
    ['messages[2].content', said(user, spoken, blank)],
    ['messages[1].content', said({ role: 'system', content: 'a' }, blank, spoken, user)],
    ['messages', said(blank, { role: 'assistant', content: [{ type: 'text', text: ' ' }] })],
    ['messages[0].content[0].type', said({ role: 'system', content: [image()] })],
    [
      'messages[0].content[0].image_url',
      said({ ...user, content: [{ type: 'image_url', image_url: 'data:image/tiff;base64,AA==' }] }),
    ],
  ])('has no form for %s', (path, body) => {
    expect(findUncarried('anthropic', body)).toEqual([path]);
  });
});

test('what cannot be carried is bounded, and absent when there is nothing', () => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`x${index}`, 1]));
  expect(findUncarried('gemini', many)).toHaveLength(4);
  const long = uncarriedFields('chat.completions', chat({ ['y'.repeat(500)]: 1 }));
  expect(long?.gemini).toEqual(['y'.repeat(120)]);
  expect(uncarriedFields('chat.completions', chat({}))).toBeUndefined();
  expect(uncarriedFields('embeddings', { input: 'a', odd: 1 })).toBeUndefined();
});

test('names of the prototype are fields like others', () => {
  // `JSON.parse` makes such members; a table must not find rules for them.
  const body: JsonObject = { ...chat({}), constructor: 1, toString: 'x' };
  expect(findUncarried('gemini', body)).toEqual(['constructor', 'toString']);
});
