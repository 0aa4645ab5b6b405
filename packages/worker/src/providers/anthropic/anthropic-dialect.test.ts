import { readFileSync } from 'node:fs';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { ThinkingForm } from '@forebay/shared/domain/model-catalog';
import type { CallOutcome, ProviderClient } from '@forebay/shared/ports/provider-client';
import { systemClock } from '@forebay/shared/runtime/clock';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signAws } from '../http/sign-aws.ts';
import { createProviderClient } from '../provider-client.ts';
import { type CallOverrides, callTo } from '../testing/provider-call.ts';
import {
  answer,
  httpChunk,
  type Script,
  type ScriptedServer,
  startScriptedServer,
  streamHead,
} from '../testing/scripted-server.ts';
import { eventsOfMessage, streamText } from '../testing/stream-message.ts';
import { buildRequest } from './build-request.ts';

const key = 'sk-ant-test-0123456789';

let server: ScriptedServer;
let client: ProviderClient;

beforeAll(async () => {
  server = await startScriptedServer(answer({}));
  client = createProviderClient({ clock: systemClock, resolveKey: () => key });
});

afterAll(async () => {
  await client.close();
  await server.close();
});

function callWith(script: Script, overrides: CallOverrides = {}) {
  server.setScript(script);
  const usual: CallOverrides = { dialect: 'anthropic', stream: false, apiKeyEnv: 'SCRIPTED_KEY' };
  return client.call(callTo(server.baseUrl, { ...usual, ...overrides }));
}

function stream(events: readonly JsonObject[]): Script {
  return (socket) => socket.write(streamHead + httpChunk(streamText(events)) + httpChunk(''));
}

function fixture<T>(name: string): readonly T[] {
  const text = readFileSync(new URL(`./__fixtures__/${name}`, import.meta.url), 'utf8');
  // Our own fixture: a wrong form fails the tests that read it.
  return JSON.parse(text) as readonly T[];
}

interface RequestCase {
  readonly name: string;
  readonly body: JsonObject;
  readonly sent: JsonObject;
  readonly cap?: number;
  readonly thinking?: ThinkingForm;
}

interface AnswerCase {
  readonly name: string;
  readonly message: JsonObject;
  readonly expected: {
    /** `null` for an answer that its content keeps from being one. */
    readonly message: JsonObject | null;
    readonly finish_reason: string;
    readonly choice?: JsonObject;
    readonly usage: JsonObject | null;
  };
}

interface ErrorCase {
  readonly name: string;
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
  readonly errorClass: string;
  readonly ambiguity: string;
  readonly code: string | null;
}

/** The parts of an outcome that do not differ from call to call. */
function withoutTimes({ timings: _timings, ...rest }: CallOutcome): unknown {
  if (rest.kind !== 'answered') return rest;
  const { created: _created, ...body } = rest.body;
  return { ...rest, body };
}

describe('a request', () => {
  test.each(fixture<RequestCase>('requests.json'))('with $name keeps its meaning', (each) => {
    const { body, sent, cap = 64, thinking = 'level' } = each;
    const call = callTo(server.baseUrl, {
      ...{ dialect: 'anthropic', body, thinking, outputCapTokens: cap, stream: false },
    });
    expect(buildRequest(call)).toEqual({
      kind: 'request',
      path: '/messages',
      headers: { 'anthropic-version': '2023-06-01' },
      body: { model: 'upstream-small', max_tokens: cap, ...sent },
      isStreamed: false,
    });
  });

  test('is one POST with the key, the version, the attempt id and the cap', async () => {
    const before = server.requests.length;
    await callWith(answer({}), { attemptId: 'job_x.3', stream: true });
    const [request, ...more] = server.requests.slice(before);
    expect(more).toEqual([]);
    expect(request).toMatchObject({ method: 'POST', path: '/v1/messages' });
    expect(request?.headers).toMatchObject({
      'x-api-key': key,
      'anthropic-version': '2023-06-01',
      'x-forebay-attempt-id': 'job_x.3',
    });
    expect(request?.headers).not.toHaveProperty('authorization');
    expect(JSON.parse(request?.body ?? '')).toEqual({
      ...{ model: 'upstream-small', max_tokens: 64, stream: true },
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Say hello.' }] }],
    });
  });

  test('that the API has no form for is refused by name, and nothing is sent', async () => {
    const before = server.requests.length;
    const body = { messages: [{ role: 'user', content: 'Hi' }], n: 2 };
    expect(await callWith(answer({}), { body })).toMatchObject({
      ...{ errorClass: 'bad_request', ambiguity: 'not_sent', code: 'unsupported_field' },
      message: '`n` has no form in the API of Anthropic',
    });
    expect(server.requests.length).toBe(before);
  });

  test('with arguments of a call that are no JSON is refused by their place', async () => {
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{"a"}' } };
    const messages = [{ role: 'assistant', tool_calls: [call] }];
    expect(await callWith(answer({}), { body: { messages } })).toMatchObject({
      errorClass: 'bad_request',
      message: expect.stringContaining('`messages[0].tool_calls[0].function.arguments`'),
    });
  });

  test('of another version of the API is what the operator configured', async () => {
    await callWith(answer({}), { headers: { 'Anthropic-Version': '2026-10-21' } });
    expect(server.requests.at(-1)?.headers).toMatchObject({ 'anthropic-version': '2026-10-21' });
  });
});

describe('a request to Amazon Bedrock', () => {
  const sigv4 = {
    ...{ kind: 'sigv4' as const, region: 'us-east-1', service: 'bedrock' },
    accessKeyIdEnv: 'AWS_ACCESS_KEY_ID',
    sessionTokenEnv: 'AWS_SESSION_TOKEN',
  };

  test('names the model in the path and the version in the body, with a bearer', async () => {
    const outcome = await callWith(answer({}), {
      auth: { kind: 'header', name: 'authorization', scheme: 'Bearer' },
      paths: { 'chat.completions': '/model/{model}/invoke' },
      fields: { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9_999 },
      upstreamModel: 'anthropic.claude-x-v1:0',
    });
    expect(outcome).toMatchObject({ errorClass: 'malformed_answer' });
    const request = server.requests.at(-1);
    expect(request).toMatchObject({
      path: '/v1/model/anthropic.claude-x-v1%3A0/invoke',
      headers: { authorization: `Bearer ${key}` },
    });
    expect(JSON.parse(request?.body ?? '')).toEqual({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 64,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Say hello.' }] }],
    });
  });

  test('is signed over what is really sent, host and path included', async () => {
    await callWith(answer({}), { auth: sigv4, paths: { 'chat.completions': '/a%20b' } });
    const { headers = {}, body = '', path = '' } = server.requests.at(-1) ?? {};
    const sentAt = String(headers['x-amz-date']);
    const nowMs = Date.parse(
      sentAt.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
    );
    const { host = '', 'content-type': type = '' } = headers;
    const signed = { method: 'POST', path, headers: { host, 'content-type': type }, body, nowMs };
    const keys = { ...sigv4, accessKeyId: key, secretAccessKey: key, sessionToken: key };
    expect(headers).toMatchObject(signAws(signed, keys));
    expect(headers).not.toHaveProperty('x-api-key');
  });

  test('is none when a part of the keys is missing, but for the token', async () => {
    const before = server.requests.length;
    const resolveKey = (name: string) => (name === 'AWS_ACCESS_KEY_ID' ? undefined : key);
    const idless = createProviderClient({ clock: systemClock, resolveKey });
    const call = callTo(server.baseUrl, { auth: sigv4, apiKeyEnv: 'SECRET' });
    const outcome = await idless.call(call);
    await idless.close();
    expect(outcome).toMatchObject({ errorClass: 'unauthorized', code: 'key_missing' });
    expect(outcome).toHaveProperty('message', expect.stringContaining('AWS_ACCESS_KEY_ID'));
    expect(server.requests.length).toBe(before);
  });
});

describe('an answer', () => {
  test.each(fixture<AnswerCase>('answers.json'))(
    'with $name keeps its meaning, streamed or not',
    async ({ message, expected }) => {
      const whole = await callWith(answer({ body: message }));
      const streamed = await callWith(stream(eventsOfMessage(message)), { stream: true });
      expect(withoutTimes(streamed)).toEqual(withoutTimes(whole));
      expect(whole).toHaveProperty('usage', expected.usage ?? undefined);
      if (expected.message === null) {
        const refused = { kind: 'failed', errorClass: 'content_filtered', ambiguity: 'answered' };
        expect(whole).toMatchObject(refused);
        return;
      }
      expect(whole).toMatchObject({
        kind: 'answered',
        body: { id: 'msg_1', object: 'chat.completion', model: 'claude-x' },
      });
      expect(whole).toHaveProperty('body.choices', [
        {
          index: 0,
          message: expected.message,
          logprobs: null,
          finish_reason: expected.finish_reason,
          native_finish_reason: message['stop_reason'],
          ...expected.choice,
        },
      ]);
    },
  );

  test('shows its text and its thinking as they come', async () => {
    const shown: string[] = [];
    const message = {
      ...{ id: 'm', type: 'message', stop_reason: 'tool_use' },
      content: [
        { type: 'thinking', thinking: 'abcd', signature: 's' },
        { type: 'text', text: 'efg' },
        { type: 'tool_use', id: 't', name: 'n', input: { a: 1 } },
      ],
      usage: { input_tokens: 3, output_tokens: 9 },
    };
    await callWith(stream(eventsOfMessage(message, 2)), {
      stream: true,
      onDelta: ({ choice, field, text }) => shown.push(`${choice} ${field} ${text}`),
    });
    expect(shown).toEqual(['0 reasoning ab', '0 reasoning cd', '0 content ef', '0 content g']);
  });

  test('keeps the input of a tool that was cut before it became JSON', async () => {
    const events = eventsOfMessage({
      ...{ id: 'm', type: 'message', stop_reason: 'max_tokens', usage: { output_tokens: 3 } },
      content: [{ type: 'tool_use', id: 't', name: 'n', input: { city: 'Bern' } }],
    });
    const cut = events.filter((_event, index) => index < 5 || index > 7);
    const outcome = await callWith(stream(cut), { stream: true });
    expect(outcome).toMatchObject({ kind: 'answered' });
    expect(outcome).toHaveProperty('body.choices[0].finish_reason', 'length');
    expect(JSON.stringify(outcome)).toContain('"arguments":"{\\"c');
  });

  test('of which only the beginning was counted has no usage', async () => {
    const message = { id: 'm', type: 'message', content: [], stop_reason: 'end_turn' };
    const events = eventsOfMessage({ ...message, usage: { input_tokens: 3 } });
    const uncounted = events.map(({ usage: _usage, ...event }) => event);
    const outcome = await callWith(stream(uncounted), { stream: true });
    expect(outcome).toMatchObject({ kind: 'answered', usage: undefined });
  });

  test('that names its limits is read for them', async () => {
    const headers = {
      'request-id': 'req_9',
      'anthropic-ratelimit-requests-limit': '50',
      'anthropic-ratelimit-requests-remaining': '49',
      'anthropic-ratelimit-tokens-limit': '80000',
      'anthropic-ratelimit-tokens-remaining': '79000',
    };
    const [{ message } = { message: {} }] = fixture<AnswerCase>('answers.json');
    expect(await callWith(answer({ headers, body: message }))).toMatchObject({
      requestId: 'req_9',
      rateLimits: {
        limitRequests: 50,
        remainingRequests: 49,
        limitTokens: 80_000,
        remainingTokens: 79_000,
      },
    });
  });
});

describe('an error', () => {
  test.each(fixture<ErrorCase>('errors.json'))(
    '$name is $errorClass, $ambiguity',
    async ({ status, headers = {}, body, errorClass, ambiguity, code }) => {
      const outcome = await callWith(answer({ status, headers, body }), { stream: true });
      expect(outcome).toMatchObject({ kind: 'failed', errorClass, ambiguity, status });
      expect(outcome).toMatchObject({ code: code ?? undefined, usage: undefined });
    },
  );

  const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
  const events = eventsOfMessage({
    ...{ id: 'm', type: 'message', stop_reason: 'end_turn' },
    content: [{ type: 'text', text: 'Hello there' }],
    usage: { input_tokens: 3, output_tokens: 9 },
  });
  const unknown = { kind: 'failed', ambiguity: 'unknown', usage: undefined };

  test.each<[string, readonly JsonObject[], object]>([
    [
      'an error before anything else',
      [overloaded],
      { errorClass: 'overloaded', ambiguity: 'refused' },
    ],
    [
      'an error after the message began',
      [...events.slice(0, 1), overloaded],
      { ...unknown, errorClass: 'cut' },
    ],
    [
      'an error in the middle',
      [...events.slice(0, 4), overloaded],
      { ...unknown, errorClass: 'cut' },
    ],
    [
      'an error of a gateway in front',
      [{ error: { code: 429, message: 'slow down' } }],
      { errorClass: 'rate_limited', ambiguity: 'refused' },
    ],
    ['no end marker', events.slice(0, -1), { ...unknown, errorClass: 'cut' }],
    ['nothing but pings', [{ type: 'ping' }], { ...unknown, errorClass: 'cut' }],
    [
      'an end marker without a reason',
      events.filter(({ type }) => type !== 'message_delta'),
      { errorClass: 'malformed_answer', ambiguity: 'answered', usage: undefined },
    ],
  ])('a stream with %s is judged by what may be owed', async (_name, given, expected) => {
    expect(await callWith(stream(given), { stream: true })).toMatchObject(expected);
  });

  test('a stream with an event that is no JSON is malformed', async () => {
    const broken = `${streamText(events.slice(0, 3))}data: {"type"\n\ndata: {}\n\n`;
    const script: Script = (socket) => socket.write(streamHead + httpChunk(broken));
    expect(await callWith(script, { stream: true })).toMatchObject({
      ...{ errorClass: 'malformed_answer', ambiguity: 'unknown' },
    });
  });

  test('a body that is no message is malformed', async () => {
    const cases = [{ type: 'message' }, { type: 'completion', content: [] }, { content: 'x' }];
    for (const body of cases) {
      expect(await callWith(answer({ body }))).toMatchObject({ errorClass: 'malformed_answer' });
    }
  });
});
