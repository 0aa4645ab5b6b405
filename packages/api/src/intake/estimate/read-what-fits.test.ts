import type { JsonObject } from '@forebay/shared/domain/json';
import { expect, test } from 'vitest';
import { readWhatFits } from './read-what-fits.ts';

const sound: JsonObject = {
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: 'Say hello.' }] },
};

function read(envelope: JsonObject) {
  const { errors, request, hasBody, namesModel } = readWhatFits(envelope);
  const pointers = errors.map(({ pointer }) => pointer);
  return { pointers, request, hasBody, namesModel };
}

test('a sound envelope is read as it is', () => {
  expect(read(sound)).toMatchObject({ pointers: [], hasBody: true, namesModel: true });
  expect(read(sound).request?.body).toBe(sound['body']);
});

test('what is right is read beside what is wrong', () => {
  const { request, ...rest } = read({ ...sound, priority: 11, user: 'ann', 'a/b': 1 });
  expect(rest).toEqual({ pointers: ['/priority', '/a~1b'], hasBody: true, namesModel: true });
  expect(request).toMatchObject({ requested: 'alpha', user: 'ann', priority: undefined });
});

test('problems that only the first ones hid are told as well', () => {
  const wrong = { ...sound, priorty: 1, models: ['beta'], timeout_seconds: 5 };
  const { pointers, request } = read({ ...wrong, deadline_at: '2030-01-31T12:00:00Z' });
  expect(pointers).toEqual(['/priorty', '/model', '/deadline_at']);
  expect(request).toMatchObject({ models: ['beta'], times: { timeoutMs: 5_000 } });
});

test('what must be there and is not has a stand-in, which is no problem of its own', () => {
  const none = { pointers: ['/kind', '/body', '/model'], hasBody: false, namesModel: false };
  expect(read({})).toMatchObject(none);
  const body = { messages: [{ role: 'user', content: 'Say hello.' }], model: 'alpha' };
  expect(read({ ...sound, body, model: 5 })).toMatchObject({
    ...{ pointers: ['/model'], hasBody: true, namesModel: false },
  });
});

test('what is no object is not read', () => {
  expect(readWhatFits(['a'])).toMatchObject({ request: undefined, errors: [{ pointer: '' }] });
});
