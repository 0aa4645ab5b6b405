import type { TenantId } from '@forebay/shared/domain/ids';
import type { JobSpec } from '@forebay/shared/domain/job';
import type { JsonObject } from '@forebay/shared/domain/json';
import { describe, expect, test } from 'vitest';
import { formOf, judgeOutput } from './judge-output.ts';
import type { OutputCheck } from './schema-thread.ts';

// A literal of the form that ids have.
const sampleTenant = 'acme' as TenantId;

const chat = (message: JsonObject, reason = 'stop'): JsonObject => ({
  choices: [{ message, finish_reason: reason }],
});

const schema = { type: 'object' };
const asksChat = { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } };
const asksObject = { response_format: { type: 'json_object' } };
const asksResponses = { text: { format: { type: 'json_schema', name: 'x', schema } } };

interface Scene {
  readonly request: JsonObject;
  readonly body: JsonObject;
  readonly spec?: Partial<JobSpec>;
}

/** What becomes of an answer, and the texts that were held against a schema. */
async function judge({ request, body, spec }: Scene) {
  const seen: string[] = [];
  const checker = {
    check: ({ text }: OutputCheck) => {
      seen.push(text);
      return Promise.resolve(text.startsWith('{') ? undefined : 'it is no JSON');
    },
  };
  const asked = { kind: 'chat.completions', fallbackOnFilter: false, ...spec } as const;
  const form = formOf(asked, request);
  const miss = form && (await judgeOutput(checker, { tenant: sampleTenant, form, body }));
  const end = miss === undefined ? 'answered' : `${miss.errorClass}: ${miss.message}`;
  return { form, end, seen };
}

describe('an answer to a request for a schema', () => {
  test('is held against it', async () => {
    const good = await judge({ request: asksChat, body: chat({ content: '{}' }) });
    expect(good).toMatchObject({ end: 'answered', seen: ['{}'] });
    const parts = [
      { type: 'text', text: '{' },
      { type: 'text', text: '}' },
    ];
    const inParts = await judge({ request: asksChat, body: chat({ content: parts }) });
    expect(inParts).toMatchObject({ end: 'answered', seen: ['{}'] });
  });

  test('that misses it says how', async () => {
    const { end } = await judge({ request: asksChat, body: chat({ content: 'no' }) });
    expect(end).toBe('malformed_output: it is no JSON');
  });

  test('that ended at its cap says so', async () => {
    const { end } = await judge({ request: asksChat, body: chat({ content: '[1' }, 'length') });
    expect(end).toBe('malformed_output: it ended at the output cap, before its JSON was complete');
  });

  test('is looked at in every choice', async () => {
    const choices = ['{}', 'no'].map((content) => ({
      message: { content },
      finish_reason: 'stop',
    }));
    const body = { choices };
    expect(await judge({ request: asksChat, body })).toMatchObject({
      end: 'malformed_output: it is no JSON',
      seen: ['{}', 'no'],
    });
  });

  test('may first ask for tools', async () => {
    const calls = [{ type: 'function', function: { name: 'f', arguments: '{}' } }];
    const body = chat({ content: null, tool_calls: calls }, 'tool_calls');
    expect(await judge({ request: asksChat, body })).toMatchObject({
      end: 'answered',
      seen: [],
    });
  });

  test('is delivered unchecked to a caller who takes what comes', async () => {
    const scene = { request: asksChat, body: chat({ content: 'no' }) };
    expect(await judge({ ...scene, spec: { onMiss: 'accept' } })).toMatchObject({
      end: 'answered',
      seen: [],
    });
    const refusal = chat({ content: null, refusal: 'No.' });
    const { end } = await judge({ ...scene, body: refusal, spec: { onMiss: 'accept' } });
    expect(end).toBe('answered');
  });

  test('of the responses kind is found among its items', async () => {
    const spec = { kind: 'responses' } as const;
    const output = [
      { type: 'reasoning', summary: [] },
      { type: 'message', content: [{ type: 'output_text', text: 'no' }] },
    ];
    const body = { status: 'completed', output };
    expect((await judge({ request: asksResponses, body, spec })).end).toBe(
      'malformed_output: it is no JSON',
    );
    const called = { status: 'completed', output: [{ type: 'function_call' }] };
    expect((await judge({ request: asksResponses, body: called, spec })).end).toBe('answered');
  });
});

describe('plain JSON', () => {
  const body = chat({ content: 'no' });

  test('is held against nothing unless the caller says what a miss means', async () => {
    expect((await judge({ request: asksObject, body })).end).toBe('answered');
    const { end } = await judge({ request: asksObject, body, spec: { onMiss: 'fail' } });
    expect(end).toBe('malformed_output: it is no JSON object');
  });

  test('has to be an object', async () => {
    const spec = { onMiss: 'move_on' } as const;
    const end = async (content: string) =>
      (await judge({ request: asksObject, body: chat({ content }), spec })).end;
    expect(await end(' {"a": 1}')).toBe('answered');
    expect(await end('[1]')).toBe('malformed_output: it is no JSON object');
    expect(await end('{"a": ')).toBe('malformed_output: it is no JSON object');
  });
});

describe('a refusal', () => {
  const refusal = chat({ content: null, refusal: 'I will not.' });
  const filtered = 'content_filtered: the model refused to answer';

  test('is an answer like any other where no form is asked for', async () => {
    expect((await judge({ request: {}, body: refusal })).end).toBe('answered');
  });

  test('is filtered content where a form is, or where other models may try', async () => {
    expect((await judge({ request: asksChat, body: refusal })).end).toBe(filtered);
    const spec = { fallbackOnFilter: true };
    expect((await judge({ request: {}, body: refusal, spec })).end).toBe(filtered);
    const content = [{ type: 'refusal', refusal: 'No.' }];
    const body = { status: 'completed', output: [{ type: 'message', content }] };
    const responses = { ...spec, kind: 'responses' } as const;
    expect((await judge({ request: {}, body, spec: responses })).end).toBe(filtered);
  });
});

describe('a call of a strict tool', () => {
  const tool = { name: 'book', strict: true, parameters: schema };
  const request = { tools: [{ type: 'function', function: tool }, { type: 'other' }] };
  const calling = (name: string, args: string) =>
    chat({ content: null, tool_calls: [{ function: { name, arguments: args } }] }, 'tool_calls');
  const end = async (body: JsonObject, asked: JsonObject = request) =>
    (await judge({ request: asked, body })).end;

  test('has arguments that match its parameters', async () => {
    expect(await end(calling('book', '{}'))).toBe('answered');
    const bad = 'malformed_output: the arguments for book: it is no JSON';
    expect(await end(calling('book', 'no'))).toBe(bad);
    const spec = { kind: 'responses' } as const;
    const output = [{ type: 'function_call', name: 'book', arguments: 'no' }];
    const body = { status: 'completed', output };
    const asked = { tools: [{ type: 'function', ...tool }] };
    expect((await judge({ request: asked, body, spec })).end).toBe(bad);
  });

  test('of any other tool, or for a caller who takes what comes, is not looked at', async () => {
    expect(await end(calling('find', 'no'))).toBe('answered');
    const loose = { tools: [{ type: 'function', function: { ...tool, strict: false } }] };
    expect(await end(calling('book', 'no'), loose)).toBe('answered');
    const scene = { request, body: calling('book', 'no') };
    expect((await judge({ ...scene, spec: { onMiss: 'accept' } })).end).toBe('answered');
  });

  test('does not make a refusal anything but an answer', async () => {
    expect(await end(chat({ content: null, refusal: 'No.' }))).toBe('answered');
  });
});

test('a job that asks for nothing of this is not looked at', async () => {
  expect((await judge({ request: {}, body: chat({ content: 'text' }) })).form).toBeUndefined();
});
