import type { JsonObject } from '@forebay/shared/domain/json';
import { expect, test } from 'vitest';
import type { JobRequest } from './parse-job-request.ts';
import { readFeatures } from './read-features.ts';

const messages = [{ role: 'user', content: 'hi' }];

function featuresOf(body: JsonObject, request: Partial<JobRequest> = {}) {
  const plain = { kind: 'chat.completions', cutsOutput: false, onMiss: undefined } as const;
  return readFeatures({ ...plain, body, ...request });
}

const asks = (schema: JsonObject) => ({
  messages,
  response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
});

test('a schema that no answer could match is refused with its place', () => {
  expect(() => featuresOf(asks({ properties: { a: { type: 'numbr' } } }))).toThrow(
    expect.objectContaining({
      code: 'invalid_request',
      param: 'body.response_format.json_schema.schema.properties.a.type',
      errors: [
        expect.objectContaining({
          pointer: '/body/response_format/json_schema/schema/properties/a/type',
          code: 'invalid_schema',
          detail: expect.stringMatching(/no JSON Schema: .*; mend the schema, or set "validation"/),
        }),
      ],
    }),
  );
  const text = { format: { type: 'json_schema', name: 'x', schema: { $ref: 'other' } } };
  expect(() => featuresOf({ input: 'hi', text }, { kind: 'responses' })).toThrow(
    expect.objectContaining({ param: 'body.text.format.schema.$ref' }),
  );
});

test('so is one of a strict tool', () => {
  const tool = { name: 'f', strict: true, parameters: { type: 'numbr' } };
  const tools = [{ type: 'function', function: tool }];
  expect(() => featuresOf({ messages, tools })).toThrow(
    expect.objectContaining({ param: 'body.tools.0.function.parameters.type' }),
  );
  expect(featuresOf({ messages, tools }, { onMiss: 'accept' }).needs).toEqual(['tools']);
});

test('a good schema passes, and so does any that nothing is held against', () => {
  expect(featuresOf(asks({ type: 'object' })).needs).toEqual(['json_schema']);
  expect(featuresOf(asks({ type: 'numbr' }), { onMiss: 'accept' }).needs).toEqual(['json_schema']);
});
