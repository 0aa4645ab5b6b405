// What a caller means survives the way to Gemini and back, whatever the conversation.
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { callTo } from '../testing/provider-call.ts';
import { geminiDialect } from './gemini-dialect.ts';
import { createGeminiStream } from './gemini-stream.ts';
import { chunksOf } from './testing/answer-cases.ts';
import { translateAnswer } from './translate-answer.ts';
import { translateMessages } from './translate-messages.ts';

const origin = { attemptId: 'job_x.1', upstreamModel: 'up' };
const word = fc.string({ minLength: 1, maxLength: 12 });
const name = fc.constantFrom('weather', 'clock', 'search');
const argumentsOf = fc.dictionary(word, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }).map(
  // As it is after a wire: no negative zero, no prototype.
  (value): JsonObject => JSON.parse(JSON.stringify(value)),
);

/** What a message means, in words of neither API. */
type Meaning = readonly [who: string, what: string, detail: Json];

interface Turn {
  readonly messages: readonly JsonObject[];
  readonly meaning: readonly Meaning[];
}

const said =
  (who: 'user' | 'model') =>
  (text: string): Turn => {
    const role = who === 'user' ? 'user' : 'assistant';
    return { messages: [{ role, content: text }], meaning: [[who, 'text', text]] };
  };

const called = fc
  .array(fc.record({ name, args: argumentsOf, result: word }), { minLength: 1, maxLength: 3 })
  .chain((calls) => fc.tuple(fc.constant(calls), fc.uuid(), fc.option(word)))
  .map(([calls, prefix, text]): Turn => {
    const ids = calls.map((_, index) => `${prefix}-${index}`);
    const tool_calls = calls.map((call, index) => ({
      id: ids[index],
      type: 'function',
      function: { name: call.name, arguments: JSON.stringify(call.args) },
      ...(index === 0 ? signed(prefix) : {}),
    }));
    const results = calls.map(({ result }, index) => ({
      role: 'tool',
      tool_call_id: ids[index],
      content: result,
    }));
    return {
      // Results may come in any order; each belongs to its call.
      messages: [{ role: 'assistant', content: text, tool_calls }, ...results.reverse()],
      meaning: [
        ...(text === null ? [] : [['model', 'text', text] as const]),
        ...calls.map((call): Meaning => ['model', `call ${call.name}`, call.args]),
        ...calls.map((call): Meaning => ['user', `result ${call.name}`, asResult(call.result)]),
      ],
    };
  });

function signed(signature: string): JsonObject {
  return { extra_content: { google: { thought_signature: signature } } };
}

function asResult(text: string): Json {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isJsonObject(parsed)) return parsed;
  } catch {
    // No JSON: it stands as a text.
  }
  return { output: text };
}

function callName(what: string, { name: called }: JsonObject): string {
  return `${what} ${typeof called === 'string' ? called : '?'}`;
}

/** Reads Gemini's contents, written without the adapter's help. */
function meaningOf(contents: readonly JsonObject[]): readonly Meaning[] {
  return contents.flatMap((content) => {
    const parts = Array.isArray(content['parts']) ? content['parts'].filter(isJsonObject) : [];
    return parts.map((part): Meaning => {
      const { text, functionCall: call, functionResponse: result } = part;
      const who = content['role'] === 'model' ? 'model' : 'user';
      if (isJsonObject(call)) return [who, callName('call', call), call['args'] ?? null];
      if (!isJsonObject(result)) return [who, 'text', text ?? null];
      return [who, callName('result', result), result['response'] ?? null];
    });
  });
}

test('a conversation means the same to Gemini', () => {
  const turn = fc.oneof(word.map(said('user')), word.map(said('model')), called);
  fc.assert(
    fc.property(fc.array(turn, { minLength: 1, maxLength: 6 }), fc.array(word), (turns, system) => {
      const messages = [
        ...system.map((content) => ({ role: 'system', content })),
        ...turns.flatMap((each) => each.messages),
      ];
      const call = callTo('http://provider.invalid', { body: { messages }, dialect: 'gemini' });
      const request = geminiDialect.buildRequest(call);
      if (request.kind !== 'request') throw new Error(request.param);
      const { contents, systemInstruction } = request.body;
      if (!Array.isArray(contents)) throw new Error('no contents');
      expect(meaningOf(contents)).toEqual(turns.flatMap((each) => each.meaning));
      const told = isJsonObject(systemInstruction) ? systemInstruction['parts'] : [];
      expect(told).toEqual(system.map((text) => ({ text })));
    }),
  );
});

const modelParts = fc.tuple(
  fc.option(word),
  fc.array(fc.record({ id: fc.uuid(), name, args: argumentsOf, signature: fc.option(word) }), {
    maxLength: 3,
  }),
);

test('what the model said goes back to it as it came, whole or streamed', () => {
  fc.assert(
    fc.property(modelParts, fc.integer({ min: 1, max: 5 }), ([text, calls], pieceLength) => {
      const parts = [
        ...(text === null
          ? []
          : [{ text, ...(calls.length > 0 ? {} : { thoughtSignature: 's' }) }]),
        ...calls.map(({ id, name: tool, args, signature }) => ({
          functionCall: { id, name: tool, args },
          ...(signature === null ? {} : { thoughtSignature: signature }),
        })),
      ];
      const candidate = { content: { role: 'model', parts }, finishReason: 'STOP', index: 0 };
      const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 };
      const answer = { candidates: [candidate], usageMetadata, responseId: 'r' };
      const whole = translateAnswer(answer, origin);
      const stream = createGeminiStream({
        onDelta: undefined,
        translate: (body) => translateAnswer(body, origin),
      });
      const events = chunksOf(answer, pieceLength).map(
        (chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`,
      );
      stream.write(Buffer.from(events.join('')));
      expect(stream.verdict()).toEqual({ kind: 'complete', body: whole });
      const [choice] = Array.isArray(whole['choices']) ? whole['choices'] : [];
      const message = isJsonObject(choice) ? choice['message'] : undefined;
      const { contents } = translateMessages([message ?? null], false);
      const expected = parts.length === 0 ? [{ text: '' }] : parts;
      expect(contents).toEqual([{ role: 'model', parts: expected }]);
    }),
  );
});
