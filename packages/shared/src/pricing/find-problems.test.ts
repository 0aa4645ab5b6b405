import { expect, test } from 'vitest';
import type { JsonObject } from '../domain/json.ts';
import { boundRequest } from './bound-request.ts';
import { findProblems } from './find-problems.ts';

const pointersOf = (body: JsonObject): readonly string[] =>
  findProblems('chat.completions', body).map(({ pointer, code }) => `${pointer} ${code}`);

const messages = [{ role: 'user', content: 'Say hello.' }];

test('every field of open cost is told, also inside the prompt', () => {
  const part = { type: 'input_audio', input_audio: { data: 'AA' } };
  const costly = {
    messages: [{ role: 'user', content: [part, { type: 'text', text: 'a' }, part] }],
    audio: { voice: 'a' },
    web_search_options: {},
    service_tier: 'priority',
    modalities: ['audio'],
    tools: [{ type: 'web_search' }, { type: 'function' }, { type: 'code_interpreter' }],
  };
  const open = [
    '/audio',
    '/web_search_options',
    '/service_tier',
    '/modalities',
    '/tools/0/type',
    '/tools/2/type',
    '/messages/0/content/0/type',
    '/messages/0/content/2/type',
  ];
  expect(pointersOf(costly)).toEqual(open.map((pointer) => `${pointer} unbounded_cost`));
  const refused = boundRequest('chat.completions', costly);
  if (refused.kind !== 'unbounded') throw new Error(refused.kind);
  expect(refused.errors.map(({ pointer }) => pointer)).toEqual(open);
});

test('every forbidden field is told, but not what stands inside one', () => {
  const wrong = { messages, base_url: 'x', a: [{ headers: { authorization: 'x' } }] };
  const pointers = ['/base_url', '/a/0/headers'];
  expect(pointersOf(wrong)).toEqual(pointers.map((pointer) => `${pointer} forbidden_field`));
  expect(boundRequest('chat.completions', wrong)).toMatchObject({
    ...{ kind: 'forbidden', param: 'base_url' },
    errors: pointers.map((pointer) => ({ pointer })),
  });
});

test('no more problems are told than somebody would read', () => {
  const many = Array.from({ length: 5_000 }, () => ({ api_key: 'x' }));
  const parts = Array.from({ length: 5_000 }, () => ({ type: 'file' }));
  expect(pointersOf({ messages, a: many })).toHaveLength(32);
  expect(pointersOf({ messages: [{ role: 'user', content: parts }] })).toHaveLength(32);
  expect(pointersOf({ messages, tools: parts })).toHaveLength(32);
});
