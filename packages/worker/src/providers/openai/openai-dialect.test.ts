import { readFileSync } from 'node:fs';
import type { JsonObject } from '@forebay/shared/domain/json';
import { errorClasses } from '@forebay/shared/domain/outcome';
import type { ProviderClient } from '@forebay/shared/ports/provider-client';
import { systemClock } from '@forebay/shared/runtime/clock';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProviderClient } from '../provider-client.ts';
import { type CallOverrides, callTo } from '../testing/provider-call.ts';
import {
  answer,
  httpChunk,
  type Script,
  type ScriptedServer,
  sseEvent,
  startScriptedServer,
  streamHead,
} from '../testing/scripted-server.ts';

const key = 'sk-test-0123456789abcdef';
const usage = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };

let server: ScriptedServer;
let client: ProviderClient;

beforeAll(async () => {
  server = await startScriptedServer(answer({}));
  const resolveKey = (): string => key;
  client = createProviderClient({ clock: systemClock, resolveKey });
});

afterAll(async () => {
  await client.close();
  await server.close();
});

function callWith(script: Script, overrides: CallOverrides = {}) {
  server.setScript(script);
  return client.call(
    callTo(server.baseUrl, { stream: false, apiKeyEnv: 'SCRIPTED_KEY', ...overrides }),
  );
}

/** A whole stream of these events; text as it is. */
function stream(...events: unknown[]): Script {
  const chunks = events.map((event) => httpChunk(sseEvent(event)));
  return (socket) => socket.write(streamHead + chunks.join('') + httpChunk(''));
}

function chat(message: JsonObject, rest: JsonObject = {}): JsonObject {
  const choice = { index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' };
  return { id: 'c1', object: 'chat.completion', choices: [choice], usage, ...rest };
}

function fixture(name: string) {
  const text = readFileSync(new URL(`./__fixtures__/${name}`, import.meta.url), 'utf8');
  // Our own fixture: a wrong form fails the tests that read it.
  return JSON.parse(text) as readonly {
    readonly name: string;
    readonly status?: number;
    readonly headers?: Record<string, string>;
    readonly body: unknown;
    readonly errorClass: string;
    readonly ambiguity: string;
    readonly code: string | null;
  }[];
}

describe('what the provider gets', () => {
  test('is one POST with key, attempt id, upstream model and cap', async () => {
    const before = server.requests.length;
    await callWith(answer({ body: chat({ content: 'hi' }) }), { attemptId: 'job_x.3' });
    const [request, ...more] = server.requests.slice(before);
    expect(more).toEqual([]);
    expect(request).toMatchObject({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: {
        authorization: `Bearer ${key}`,
        'x-forebay-attempt-id': 'job_x.3',
        'content-type': 'application/json',
        'user-agent': 'forebay',
      },
    });
    expect(JSON.parse(request?.body ?? '')).toEqual({
      model: 'upstream-small',
      messages: [{ role: 'user', content: 'Say hello.' }],
      max_completion_tokens: 64,
    });
  });

  test('is nothing when the key is missing or could break a header', async () => {
    const before = server.requests.length;
    for (const badKey of [undefined, '', 'two words', 'line\r\nx-evil: 1']) {
      const keyless = createProviderClient({ clock: systemClock, resolveKey: () => badKey });
      const outcome = await keyless.call(callTo(server.baseUrl, { apiKeyEnv: 'SOME_KEY' }));
      expect(outcome).toMatchObject({ errorClass: 'unauthorized', ambiguity: 'not_sent' });
      expect(JSON.stringify(outcome)).not.toContain('x-evil');
    }
    expect(server.requests.length).toBe(before);
  });
});

describe('a good answer', () => {
  test('of each kind comes with usage, request id, limits and timings', async () => {
    const headers = { 'x-request-id': 'req_7', 'x-ratelimit-remaining-tokens': '1200' };
    const facts = {
      requestId: 'req_7',
      rateLimits: { remainingTokens: 1200, limitRequests: undefined },
      timings: { firstByteMs: expect.any(Number), totalMs: expect.any(Number) },
    };
    const chatBody = chat({ content: 'hi', refusal: null });
    expect(await callWith(answer({ headers, body: chatBody }))).toMatchObject({
      kind: 'answered',
      body: chatBody,
      usage: { inputTokens: 9, outputTokens: 3 },
      ...facts,
    });
    const embeddings = {
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [0.5] }],
      usage: { prompt_tokens: 2, total_tokens: 2 },
    };
    const vectors = await callWith(answer({ headers, body: embeddings }), { kind: 'embeddings' });
    expect(vectors).toMatchObject({ kind: 'answered', body: embeddings, ...facts });
    expect(vectors).toMatchObject({ usage: { inputTokens: 2, outputTokens: 0 } });
    const response = {
      ...{ id: 'resp_1', object: 'response', status: 'completed', error: null },
      output: [{ type: 'message', content: [{ type: 'output_text', text: 'hi' }] }],
      usage: { input_tokens: 5, output_tokens: 2, total_tokens: 7 },
    };
    const responded = await callWith(answer({ headers, body: response }), { kind: 'responses' });
    expect(responded).toMatchObject({ kind: 'answered', body: response, ...facts });
    expect(responded).toMatchObject({ usage: { inputTokens: 5, outputTokens: 2 } });
  });

  test('that was streamed has the unstreamed form', async () => {
    const part = (delta: JsonObject, finish_reason: string | null = null): JsonObject => ({
      id: 'c1',
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    });
    const script = stream(
      part({ role: 'assistant', content: '' }),
      part({ content: 'hel' }),
      part({ content: 'lo' }),
      part({}, 'stop'),
      { id: 'c1', choices: [], usage },
      '[DONE]',
    );
    const outcome = await callWith(script, { stream: true });
    const body = chat({ content: 'hello', refusal: null });
    expect(outcome).toMatchObject({ kind: 'answered', body, usage: { outputTokens: 3 } });
    expect(JSON.parse(server.requests.at(-1)?.body ?? '')).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test('shows its text as it comes, before its end is there', async () => {
    const part = (delta: JsonObject, rest: JsonObject = {}): string =>
      httpChunk(sseEvent({ id: 'c1', choices: [{ index: 0, delta, ...rest }] }));
    const shown: string[] = [];
    let goOn: () => void = () => undefined;
    const outcome = await callWith(
      (socket) => {
        goOn = () =>
          socket.write(part({}, { finish_reason: 'stop' }) + httpChunk(sseEvent('[DONE]')));
        socket.write(
          streamHead + part({ role: 'assistant', content: '' }) + part({ content: 'Hi' }),
        );
      },
      {
        stream: true,
        onDelta: ({ field, text }) => {
          shown.push(`${field}: ${text}`);
          // The rest of the answer is sent only now: a call that waits for it would never end.
          goOn();
        },
      },
    );
    expect(shown).toEqual(['content: Hi']);
    expect(outcome).toMatchObject({
      kind: 'answered',
      body: { choices: [{ message: { content: 'Hi' } }] },
    });
  });

  test('shows nothing when it comes unstreamed', async () => {
    const onDelta = (): never => {
      throw new Error('there was a delta');
    };
    const script = answer({ body: chat({ content: 'hi' }) });
    expect((await callWith(script, { stream: true, onDelta })).kind).toBe('answered');
  });

  test('that comes unstreamed although a stream was asked for is taken', async () => {
    const outcome = await callWith(answer({ body: chat({ content: 'hi' }) }), { stream: true });
    expect(outcome).toMatchObject({ kind: 'answered', usage: { outputTokens: 3 } });
  });

  test('with a refusal, or cut by its cap, is an answer', async () => {
    const refusal = chat({ content: null, refusal: 'I cannot help.' });
    expect(await callWith(answer({ body: refusal }))).toMatchObject({ kind: 'answered' });
    const incomplete = {
      ...{ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [] },
    };
    const outcome = await callWith(answer({ body: incomplete }), { kind: 'responses' });
    expect(outcome).toMatchObject({ kind: 'answered', usage: undefined });
  });

  test.each([
    ['none', undefined],
    ['zeros', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }],
    ['no output beside a text', { prompt_tokens: 9, completion_tokens: 0, total_tokens: 9 }],
    ['more output than the cap', { prompt_tokens: 9, completion_tokens: 65, total_tokens: 74 }],
    ['text', { prompt_tokens: '9', completion_tokens: '3' }],
  ])('with %s as its usage is an answer without usage (F28)', async (_name, given) => {
    const body = chat({ content: 'hi' }, { usage: given });
    const outcome = await callWith(answer({ body }));
    expect(outcome).toMatchObject({ kind: 'answered' });
    expect(outcome).toHaveProperty('usage', undefined);
  });
});

describe('an error answer (F24, F26, F27)', () => {
  test.each(fixture('error-answers.json'))(
    '$name is $errorClass, $ambiguity',
    async ({ status = 0, headers = {}, body, errorClass, ambiguity, code }) => {
      const before = server.requests.length;
      const outcome = await callWith(answer({ status, headers, body }), { stream: true });
      expect(outcome).toMatchObject({ kind: 'failed', errorClass, ambiguity, status });
      expect(outcome).toMatchObject({ code: code ?? undefined, usage: undefined });
      expect(server.requests.length).toBe(before + 1); // no retry and no redirect here
    },
  );

  test.each(fixture('errors-in-success.json'))(
    'inside a 200: $name is $errorClass, $ambiguity, streamed or not (F23)',
    async ({ body, errorClass, ambiguity }) => {
      const expected = { kind: 'failed', errorClass, ambiguity, status: 200 };
      expect(await callWith(answer({ body }))).toMatchObject(expected);
      expect(await callWith(stream(body), { stream: true })).toMatchObject(expected);
    },
  );

  test('keeps what the provider asks us to wait, and its limits', async () => {
    const headers = { 'retry-after': '1.5', 'x-ratelimit-limit-requests': '3', 'request-id': 'r1' };
    expect(await callWith(answer({ status: 429, headers }))).toMatchObject({
      errorClass: 'rate_limited',
      retryAfterMs: 1_500,
      requestId: 'r1',
      rateLimits: { limitRequests: 3 },
    });
    expect(await callWith(answer({ status: 429 }))).toHaveProperty('retryAfterMs', undefined);
  });

  test('may say in its body what to wait, with an error status or within a 200', async () => {
    const error = { code: 'rate_limit_exceeded', message: 'Please try again in 20s.' };
    const expected = { errorClass: 'rate_limited', retryAfterMs: 20_000 };
    expect(await callWith(answer({ status: 429, body: { error } }))).toMatchObject(expected);
    expect(await callWith(answer({ body: { error } }))).toMatchObject(expected);
    expect(await callWith(stream({ error }), { stream: true })).toMatchObject(expected);
    const info = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '13s' };
    const google = { code: 429, status: 'RESOURCE_EXHAUSTED', message: '', details: [info] };
    const wrapped = answer({ status: 429, body: [{ error: google }] });
    expect(await callWith(wrapped)).toMatchObject({ retryAfterMs: 13_000 });
    const plain = answer({ status: 429, body: 'Too many requests, retry after 2 seconds' });
    expect(await callWith(plain)).toMatchObject({ retryAfterMs: 2_000 });
    const bare = answer({ status: 429, body: { message: 'Too many requests', retry_after: 3 } });
    expect(await callWith(bare)).toMatchObject({ retryAfterMs: 3_000 });
  });

  test('that repeats the key or a configured header does not pass them on', async () => {
    const secret = 'org-header-value-1';
    const noise = `\u0000\u001b[2J${'x '.repeat(999)}`;
    const message = `bad key ${key} (header ${secret}), bearer ${key}${noise}`;
    const outcome = await callWith(answer({ status: 401, body: { error: { message } } }), {
      headers: { 'x-org': secret },
    });
    const kept = JSON.stringify(outcome);
    expect(kept).not.toContain(key);
    expect(kept).not.toContain(secret);
    expect(kept.length).toBeLessThan(1_000);
  });

  test('every class that a provider can cause is produced by a test of this folder', () => {
    const ours = ['payload_unreadable', 'worker_error', 'malformed_output'];
    const ends = [
      'lost_lease',
      'cancelled',
      'deadline',
      'shutdown',
      'permit_lapsed',
      'price_raised',
    ];
    const causedElsewhere = [...ours, ...ends];
    const byNetwork = ['connect_failed', 'cut', 'timeout', 'malformed_answer']; // network-faults
    const byAnswers = fixture('error-answers.json').map(({ errorClass }) => errorClass);
    const produced = new Set([...byAnswers, ...byNetwork]);
    const wanted = errorClasses.filter((name) => !causedElsewhere.includes(name));
    expect([...produced].sort()).toEqual([...wanted].sort());
  });
});

describe('a complete answer that cannot be used', () => {
  test('filtered content is charged at its usage', async () => {
    const body = chat({ content: 'some' });
    const choices = [{ index: 0, message: { content: 'some' }, finish_reason: 'content_filter' }];
    const expected = {
      errorClass: 'content_filtered',
      ambiguity: 'answered',
      usage: { outputTokens: 3 },
    };
    expect(await callWith(answer({ body: { ...body, choices } }))).toMatchObject(expected);
    const chunk = { choices: [{ delta: { content: 'some' }, finish_reason: 'content_filter' }] };
    const streamed = stream({ ...chunk, usage }, '[DONE]');
    expect(await callWith(streamed, { stream: true })).toMatchObject(expected);
    const filtered = {
      ...{ status: 'incomplete', incomplete_details: { reason: 'content_filter' }, output: [] },
      usage: { input_tokens: 4, output_tokens: 3, total_tokens: 7 },
    };
    const responded = await callWith(answer({ body: filtered }), { kind: 'responses' });
    expect(responded).toMatchObject(expected);
  });

  test.each<[string, CallOverrides['kind'], unknown]>([
    ['a chat without choices', 'chat.completions', { choices: [], usage }],
    ['a chat without finish reason', 'chat.completions', { choices: [{ message: {} }], usage }],
    [
      'embeddings without vectors',
      'embeddings',
      { data: [{ embedding: [] }], usage: { prompt_tokens: 9 } },
    ],
  ])('%s is malformed, and charged at its usage (F23)', async (_name, kind, body) => {
    const outcome = await callWith(answer({ body }), kind === undefined ? {} : { kind });
    expect(outcome).toMatchObject({ errorClass: 'malformed_answer', ambiguity: 'answered' });
    expect(outcome).toHaveProperty('usage.inputTokens', 9);
  });

  test('a stream with an end marker but no finish reason is malformed', async () => {
    const chunk = { choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null }], usage };
    const outcome = await callWith(stream(chunk, '[DONE]'), { stream: true });
    expect(outcome).toMatchObject({ errorClass: 'malformed_answer', ambiguity: 'answered' });
    expect(outcome).toHaveProperty('usage.inputTokens', 9);
  });

  test('a response that failed is its error, or charged when it used output', async () => {
    const failed = {
      ...{ status: 'failed', output: [], usage: null },
      error: { code: 'rate_limit_exceeded', message: 'slow down' },
    };
    const kind = 'responses' as const;
    expect(await callWith(answer({ body: failed }), { kind })).toMatchObject({
      ...{ errorClass: 'rate_limited', ambiguity: 'refused', code: 'rate_limit_exceeded' },
    });
    const used = { input_tokens: 4, output_tokens: 3, total_tokens: 7 };
    expect(await callWith(answer({ body: { ...failed, usage: used } }), { kind })).toMatchObject({
      ...{ errorClass: 'malformed_answer', ambiguity: 'answered', usage: { outputTokens: 3 } },
    });
    const queued = { status: 'queued', output: [], error: null };
    expect(await callWith(answer({ body: queued }), { kind })).toMatchObject({
      ...{ errorClass: 'malformed_answer', ambiguity: 'unknown' },
    });
  });
});
