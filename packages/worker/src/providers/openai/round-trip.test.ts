// What a server says survives its stream, whatever it says, and what callers send back survives us.
import type { JsonObject } from '@forebay/shared/domain/json';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { callTo } from '../testing/provider-call.ts';
import { createChatStream } from './chat-stream.ts';
import { openAiDialect } from './openai-dialect.ts';
import { chunksOf, wireOf } from './testing/chat-chunks.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const said = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,11}$/);

const call = fc.record({
  id: word,
  type: fc.constant('function'),
  function: fc.record({ name: word, arguments: text }),
});

const shell = { role: 'assistant', content: null, refusal: null, annotations: [] } as const;

/** Text, a refusal or calls, as a server writes them unstreamed. */
const message: fc.Arbitrary<JsonObject> = fc
  .tuple(
    fc.oneof(
      fc.record({ content: text }),
      fc.record({ refusal: said }),
      fc.record({ content: fc.option(said), tool_calls: fc.array(call, { minLength: 1 }) }),
    ),
    fc.oneof(
      fc.constant({}),
      fc.record({ reasoning_content: said }),
      fc.record({ reasoning: said }),
    ),
  )
  .map(([what, thoughts]) => ({ ...shell, ...what, ...thoughts }));

const token = fc.record({ token: said, logprob: fc.constant(-0.5), bytes: fc.constant(null) });

const choice = fc.record({
  message,
  logprobs: fc.option(
    fc.record({ content: fc.array(token, { minLength: 1 }), refusal: fc.constant(null) }),
  ),
  finish_reason: fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter'),
});

const answer: fc.Arbitrary<JsonObject> = fc.record({
  id: word,
  object: fc.constant('chat.completion'),
  created: fc.nat(),
  model: word,
  choices: fc
    .array(choice, { minLength: 1, maxLength: 3 })
    .map((choices) => choices.map((each, index) => ({ index, ...each }))),
  usage: fc.record({ prompt_tokens: fc.nat(), completion_tokens: fc.nat() }),
});

test('a streamed answer is the whole one, however its words and its bytes are cut', () => {
  const cuts = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 90 }));
  fc.assert(
    fc.property(answer, cuts, (given, [pieceLength, size]) => {
      const bytes = wireOf(chunksOf(given, pieceLength));
      const stream = createChatStream();
      for (let at = 0; at < bytes.length; at += size) stream.write(bytes.subarray(at, at + size));
      expect(stream.verdict()).toEqual({ kind: 'complete', body: given });
    }),
  );
});

test('what a server said goes back to it as it came', () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1 }), (messages) => {
      const request = openAiDialect.buildRequest(
        callTo('http://h.example', { body: { messages } }),
      );
      if (request.kind !== 'request') throw new Error(request.param);
      expect(request.body['messages']).toEqual(messages);
    }),
  );
});
