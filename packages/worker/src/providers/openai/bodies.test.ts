// Hand-made bodies both ways: what each request keeps, and each answer, whole or streamed.
import { readFileSync } from 'node:fs';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { CallOutcome, ProviderClient } from '@forebay/shared/ports/provider-client';
import { systemClock } from '@forebay/shared/runtime/clock';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProviderClient } from '../provider-client.ts';
import { callTo } from '../testing/provider-call.ts';
import {
  answer,
  httpChunk,
  type Script,
  type ScriptedServer,
  startScriptedServer,
  streamHead,
} from '../testing/scripted-server.ts';
import { openAiDialect } from './openai-dialect.ts';
import { chunksOf, wireOf } from './testing/chat-chunks.ts';

interface RequestCase {
  readonly name: string;
  readonly body: JsonObject;
  readonly sent: JsonObject;
  readonly isStrict?: boolean;
}

interface AnswerCase {
  readonly name: string;
  readonly answer: JsonObject;
  readonly usage: JsonObject | null;
  /** `answered`, or class and ambiguity. */
  readonly outcome: string;
}

function fixture<T>(name: string): readonly T[] {
  const text = readFileSync(new URL(`./__fixtures__/${name}`, import.meta.url), 'utf8');
  // Our own fixture: a wrong form fails the tests that read it.
  return JSON.parse(text) as readonly T[];
}

const requests = fixture<RequestCase>('requests.json');
const answers = fixture<AnswerCase>('answers.json');

let server: ScriptedServer;
let client: ProviderClient;

beforeAll(async () => {
  server = await startScriptedServer(answer({}));
  client = createProviderClient({ clock: systemClock, resolveKey: () => 'sk-test' });
});

afterAll(async () => {
  await client.close();
  await server.close();
});

function callWith(script: Script, stream: boolean): Promise<CallOutcome> {
  server.setScript(script);
  return client.call(callTo(server.baseUrl, { stream }));
}

function kindOf(outcome: CallOutcome): string {
  return outcome.kind === 'failed' ? `${outcome.errorClass} ${outcome.ambiguity}` : outcome.kind;
}

describe('a request', () => {
  test.each(requests)('with $name keeps its meaning', ({ body, sent, isStrict = false }) => {
    const given = JSON.stringify(body);
    const call = callTo('http://h.example', { body, hasStrictMessages: isStrict });
    const request = openAiDialect.buildRequest(call);
    expect(request).toEqual({
      kind: 'request',
      path: '/chat/completions',
      headers: {},
      body: {
        ...{ ...sent, model: 'upstream-small', max_completion_tokens: 64 },
        ...{ stream: true, stream_options: { include_usage: true } },
      },
      isStreamed: true,
    });
    expect(JSON.stringify(body)).toBe(given);
  });
});

describe('an answer', () => {
  test.each(answers)('with $name is passed on as it is, streamed or not', async (each) => {
    const { answer: body, usage, outcome: expected } = each;
    const streamed: Script = (socket) =>
      socket.write(streamHead + httpChunk(wireOf(chunksOf(body)).toString()) + httpChunk(''));
    for (const outcome of [
      await callWith(answer({ body }), false),
      await callWith(streamed, true),
    ]) {
      expect(kindOf(outcome)).toBe(expected);
      expect(outcome).toHaveProperty('usage', usage ?? undefined);
      if (outcome.kind === 'answered') expect(outcome.body).toEqual(body);
    }
  });
});

test('there are sixty bodies and more', () => {
  const names = [...requests, ...answers].map(({ name }) => name);
  expect(new Set(names).size).toBeGreaterThanOrEqual(60);
});
