// The adapter for Gemini through the client of all providers, against a scripted server.
import type { JsonObject } from '@forebay/shared/domain/json';
import type { TextDelta } from '@forebay/shared/domain/text-delta';
import type { CallOutcome, ProviderClient } from '@forebay/shared/ports/provider-client';
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
import { type AnswerCase, chunksOf, readFixture } from './testing/answer-cases.ts';

const key = 'AIzaTestKey0123456789';
const attemptId = 'job_01h455vb4pex5vsknk084sn02q.1';

interface RequestCase {
  readonly name: string;
  readonly body: JsonObject;
  readonly request: JsonObject;
}

interface ErrorCase {
  readonly name: string;
  readonly status: number;
  readonly body: unknown;
  readonly errorClass: string;
  readonly ambiguity: string;
  readonly code: string | null;
}

const requests = readFixture<RequestCase>('requests.json');
const answers = readFixture<AnswerCase>('answers.json');
const errors = readFixture<ErrorCase>('error-answers.json');

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

async function callWith(script: Script, overrides: CallOverrides = {}) {
  server.setScript(script);
  const base = { dialect: 'gemini', stream: false, attemptId, apiKeyEnv: 'GEMINI_KEY' } as const;
  const baseUrl = server.baseUrl.replace(/v1$/, 'v1beta');
  const outcome = await client.call(callTo(baseUrl, { ...base, ...overrides }));
  return { outcome, request: server.requests.at(-1) };
}

/** A whole stream of these events. */
function stream(...events: unknown[]): Script {
  const chunks = events.map((event) => httpChunk(sseEvent(event)));
  return (socket) => socket.write(streamHead + chunks.join('') + httpChunk(''));
}

function kindOf(outcome: CallOutcome): string {
  return outcome.kind === 'failed' ? `${outcome.errorClass} ${outcome.ambiguity}` : outcome.kind;
}

const anAnswer = answers[0]?.answer ?? {};

describe('what Gemini gets', () => {
  test.each(requests)('$name', async ({ body, request }) => {
    const sent = await callWith(answer({ body: anAnswer }), { body });
    expect(kindOf(sent.outcome)).toBe('answered');
    expect(JSON.parse(sent.request?.body ?? '')).toEqual(request);
  });

  test('stands under the path of the model, with the key in its own header', async () => {
    const whole = await callWith(answer({ body: anAnswer }), { upstreamModel: 'gemini-2.5-flash' });
    expect(whole.request).toMatchObject({
      method: 'POST',
      path: '/v1beta/models/gemini-2.5-flash:generateContent',
      headers: { 'x-goog-api-key': key, 'x-forebay-attempt-id': attemptId },
    });
    expect(whole.request?.headers['authorization']).toBeUndefined();
    const streamed = await callWith(stream(anAnswer), { stream: true });
    expect(streamed.request?.path).toBe(
      '/v1beta/models/upstream-small:streamGenerateContent?alt=sse',
    );
  });

  test.each([
    ['low', { thinkingBudget: 32, includeThoughts: true }],
    ['none', { thinkingBudget: 0 }],
  ])('is a budget of tokens for %s effort, where models take no levels', async (effort, config) => {
    const toolCall = { id: 'a', type: 'function', function: { name: 'x', arguments: '{}' } };
    const messages = [
      { role: 'assistant', tool_calls: [toolCall] },
      { role: 'tool', tool_call_id: 'a', content: '1' },
    ];
    const body = { messages, reasoning_effort: effort };
    const { request } = await callWith(answer({ body: anAnswer }), { body, thinking: 'budget' });
    const sent = JSON.parse(request?.body ?? '');
    expect(sent.generationConfig.thinkingConfig).toEqual(config);
    // These models know no signatures that they could miss.
    expect(sent.contents[0].parts[0]).not.toHaveProperty('thoughtSignature');
  });

  test.each([
    ['messages[0].name', { messages: [{ role: 'user', content: 'Hi', name: 'Ann' }] }],
    ['logit_bias', { messages: [{ role: 'user', content: 'Hi' }], logit_bias: { '50256': -100 } }],
    [
      'messages[0].tool_calls[0].function.arguments',
      {
        messages: [
          { role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'x', arguments: '[' } }] },
        ],
      },
    ],
    [
      'messages[0].tool_call_id',
      { messages: [{ role: 'tool', tool_call_id: 'a', content: 'lost' }] },
    ],
  ])('is nothing when %s has no form there', async (param, body) => {
    const before = server.requests.length;
    const { outcome } = await callWith(answer({ body: anAnswer }), { body });
    expect(outcome).toMatchObject({
      kind: 'failed',
      errorClass: 'bad_request',
      ambiguity: 'not_sent',
      code: 'unsupported_field',
      message: expect.stringContaining(`\`${param}\``),
    });
    expect(server.requests).toHaveLength(before);
  });
});

describe('what a caller gets', () => {
  test.each(answers)(
    '$name',
    async ({ answer: body, choices, usage, outcome: expected, ...rest }) => {
      const n = choices.length;
      const call = { body: { messages: [{ role: 'user', content: 'Hi' }], n } };
      const whole = await callWith(answer({ body }), call);
      expect(kindOf(whole.outcome)).toBe(expected);
      const streamed = await callWith(stream(...chunksOf(body)), { ...call, stream: true });
      expect(kindOf(streamed.outcome)).toBe(expected);
      for (const { outcome } of [whole, streamed]) {
        if (outcome.kind === 'aborted') throw new Error('aborted');
        expect(outcome.usage === undefined).toBe(!rest.keepsUsage);
        if (outcome.kind !== 'answered') continue;
        expect(outcome.body).toMatchObject({ object: 'chat.completion', choices });
        expect(outcome.body['choices']).toEqual(choices);
        expect(outcome.body['usage'] ?? null).toEqual(usage);
        expect(outcome.body['created']).toEqual(expect.any(Number));
      }
    },
  );

  test('shows text and thoughts as they come', async () => {
    const deltas: TextDelta[] = [];
    const found = answers.find(({ name }) => name === 'text, thoughts and a call');
    const script = stream(...chunksOf(found?.answer ?? {}));
    await callWith(script, { stream: true, onDelta: (delta) => deltas.push(delta) });
    const shown = (field: string) =>
      deltas.flatMap((delta) => (delta.field === field ? [delta.text] : [])).join('');
    expect([shown('reasoning'), shown('content')]).toEqual(['hm', 'Looking.']);
  });

  test.each(errors)('of the error: $name', async ({ status, body, errorClass, ...rest }) => {
    const { outcome } = await callWith(answer({ status, body }));
    expect(outcome).toMatchObject({ errorClass, ambiguity: rest.ambiguity, status });
    expect(outcome.kind === 'failed' ? (outcome.code ?? null) : '').toBe(rest.code);
  });
});

describe('a stream that breaks', () => {
  const [first, ...others] = chunksOf(anAnswer);
  const overload = { error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } };

  test.each<[string, Script, string]>([
    ['ends before a reason came', stream(first), 'cut unknown'],
    ['is empty', stream(), 'cut unknown'],
    ['holds an error at once', stream(overload), 'overloaded refused'],
    ['holds an error in the middle', stream(first, overload), 'cut unknown'],
    ['holds no JSON', stream(first, '{"candi', ...others), 'malformed_answer unknown'],
  ])('because it %s', async (_why, script, expected) => {
    const { outcome } = await callWith(script, { stream: true });
    expect(kindOf(outcome)).toBe(expected);
  });
});

test('there are sixty bodies and more', () => {
  const names = [...requests, ...answers].map(({ name }) => name);
  expect(new Set(names).size).toBeGreaterThanOrEqual(60);
});
