import type { JsonObject } from '@forebay/shared/domain/json';
import { outputCapFields } from '@forebay/shared/domain/model-catalog';
import { describe, expect, test } from 'vitest';
import { callTo } from '../testing/provider-call.ts';
import { buildBody } from './build-request.ts';

const baseUrl = 'http://127.0.0.1:1/v1';

function bodyOf(body: JsonObject, overrides: Parameters<typeof callTo>[1] = {}): JsonObject {
  return buildBody(callTo(baseUrl, { body, ...overrides }));
}

describe('the request body', () => {
  test('passes unknown fields unchanged and names the upstream model', () => {
    const body = { model: 'small', messages: [], future_field: { deep: [1, null] } };
    expect(bodyOf(body)).toMatchObject({
      model: 'upstream-small',
      future_field: { deep: [1, null] },
    });
  });

  test('streams chat with usage, whatever the caller said about streaming', () => {
    const body = { messages: [], stream: false, stream_options: { include_usage: false, x: 1 } };
    expect(bodyOf(body)).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    const unstreamed = bodyOf({ ...body, stream: true }, { stream: false });
    expect(unstreamed).not.toHaveProperty('stream');
    expect(unstreamed).not.toHaveProperty('stream_options');
  });

  test.each([
    {},
    { max_tokens: 9 },
    { max_completion_tokens: 9 },
    { max_tokens: 9, max_completion_tokens: 9 },
    { max_tokens: null },
  ])('the cap of a chat with %j is sent once, in the field of the deployment', (given) => {
    for (const outputCapField of outputCapFields) {
      const body = bodyOf({ messages: [], ...given }, { outputCapField });
      expect(body[outputCapField]).toBe(64);
      expect(outputCapFields.filter((field) => field in body)).toEqual([outputCapField]);
    }
  });

  test('a response is capped, not streamed and not put into the background', () => {
    const body = bodyOf({ input: 'hi', stream: true, background: true }, { kind: 'responses' });
    expect(body).toEqual({ model: 'upstream-small', input: 'hi', max_output_tokens: 64 });
  });

  test('embeddings have neither cap nor stream', () => {
    const body = bodyOf({ input: ['a', 'b'], stream: true }, { kind: 'embeddings' });
    expect(body).toEqual({ model: 'upstream-small', input: ['a', 'b'] });
  });

  test('the body of the caller itself is not changed', () => {
    const body = Object.freeze({ model: 'small', messages: [], stream: true });
    bodyOf(body);
    expect(body).toEqual({ model: 'small', messages: [], stream: true });
  });
});
