// Translations that must lose nothing, tried with random conversations and answers.

import { findUncarried } from '@forebay/shared/domain/find-uncarried';
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { callTo } from '../testing/provider-call.ts';
import { eventsOfMessage, streamText } from '../testing/stream-message.ts';
import { buildRequest } from './build-request.ts';
import { createMessageStream } from './message-stream.ts';
import { readMessage } from './read-message.ts';

const json = fc
  .jsonValue({ maxDepth: 3 })
  // What `JSON.parse` returns is `Json` by definition; it declares no type of its own.
  .map((value) => JSON.parse(JSON.stringify(value)) as Json);
const input = fc.dictionary(fc.string(), json, { maxKeys: 4 }).map(withoutPrototype);
const text = fc.string({ unit: 'grapheme' });
const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,11}$/);

/** As `JSON.parse` would give it; a key called `__proto__` is no field of ours. */
function withoutPrototype(value: Readonly<Record<string, Json>>): JsonObject {
  const entries = Object.entries(value).filter(([name]) => name !== '__proto__');
  return Object.fromEntries(entries);
}

const answerBlock = fc.oneof(
  fc.record({ type: fc.constant('text'), text }),
  fc.record({ type: fc.constant('thinking'), thinking: text, signature: word }),
  fc.record({ type: fc.constant('redacted_thinking'), data: word }),
  fc.record({ type: fc.constant('tool_use'), id: word, name: word, input }),
);

const message = fc.record({
  id: word,
  type: fc.constant('message'),
  role: fc.constant('assistant'),
  model: word,
  content: fc.array(answerBlock, { maxLength: 6 }),
  stop_reason: fc.constantFrom('end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'refusal'),
  stop_sequence: fc.option(word),
  usage: fc.record({
    input_tokens: fc.nat(),
    output_tokens: fc.nat(),
    cache_read_input_tokens: fc.option(fc.nat()),
  }),
});

type ChatTurn = { readonly role: string; readonly content: string };

const turn: fc.Arbitrary<ChatTurn> = fc.record({
  role: fc.constantFrom('system', 'developer', 'user', 'assistant'),
  content: text,
});

function sentFor(messages: readonly JsonObject[]): JsonObject {
  const body = { model: 'small', messages };
  const request = buildRequest(callTo('http://h.example', { dialect: 'anthropic', body }));
  if (request.kind === 'untranslatable') throw new Error(request.param);
  return request.body;
}

/** Such texts are left out. */
function isBlank(written: Json | undefined): boolean {
  return typeof written === 'string' && written.trim() === '';
}

/** What a sequence of blocks says: kinds in their order, neighbours of one text joined. */
function sayings(blocks: Json | undefined): readonly Json[] {
  const said: Json[] = [];
  for (const block of Array.isArray(blocks) ? blocks.filter(isJsonObject) : []) {
    if (block['type'] === 'text' && isBlank(block['text'])) continue;
    said.push(block);
  }
  return said;
}

describe('a translation', () => {
  test('of an answer and back is what the API gave, in the order that it wants', () => {
    fc.assert(
      fc.property(message, (given) => {
        const choices = readMessage(given)['choices'];
        const [choice] = Array.isArray(choices) ? choices.filter(isJsonObject) : [];
        const told = isJsonObject(choice?.['message']) ? choice['message'] : {};
        const { messages } = sentFor([{ role: 'user', content: 'a' }, told]);
        const sent = Array.isArray(messages) ? messages.filter(isJsonObject) : [];
        const ofType = (...types: readonly string[]) =>
          given.content.filter(({ type }) => types.includes(type));
        const texts = ofType('text').flatMap((block) => ('text' in block ? [block.text] : []));
        const expected = [
          ...ofType('thinking', 'redacted_thinking'),
          { type: 'text', text: texts.join('') },
          ...ofType('tool_use'),
        ];
        expect(sayings(sent[1]?.['content'])).toEqual(sayings(expected));
      }),
    );
  });

  test('of a conversation says the same words, by the same people, in the same order', () => {
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 12 }), (turns) => {
        const isInstruction = ({ role }: ChatTurn) => role === 'system' || role === 'developer';
        const given = turns.filter(({ content }) => !isBlank(content));
        fc.pre(findUncarried('anthropic', { model: 'small', messages: turns }).length === 0);
        const { system, messages } = sentFor(turns);
        // Instructions alone are what the user says.
        const isSaid = given.every(isInstruction);
        const spoken = isSaid ? given.map((each) => ({ ...each, role: 'user' })) : given;
        expect(sayings(system)).toEqual(
          spoken.filter(isInstruction).map(({ content }) => ({ type: 'text', text: content })),
        );
        const sent = Array.isArray(messages) ? messages.filter(isJsonObject) : [];
        const said = sent.flatMap(({ role, content }) =>
          sayings(content).map((block) => ({ role, said: isJsonObject(block) && block['text'] })),
        );
        const others = spoken.filter((each) => !isInstruction(each));
        expect(said).toEqual(others.map(({ role, content }) => ({ role, said: content })));
        const roles = sent.map(({ role }) => role);
        expect(roles.filter((role, index) => role === roles[index - 1])).toEqual([]);
        // Whose turn it is stays so.
        const isUsers = turns.findLast((each) => !isInstruction(each))?.role === 'user';
        if (isUsers) expect(roles.at(-1)).toBe('user');
      }),
    );
  });

  test('of a streamed answer is that of the whole one, however the bytes are cut', () => {
    fc.assert(
      fc.property(message, fc.integer({ min: 1, max: 40 }), fc.nat(), (given, size, seed) => {
        const bytes = Buffer.from(streamText(eventsOfMessage(given, 1 + (seed % 7))));
        const stream = createMessageStream();
        for (let at = 0; at < bytes.length; at += size) stream.write(bytes.subarray(at, at + size));
        expect(stream.verdict()).toEqual({ kind: 'complete', body: readMessage(given) });
      }),
    );
  });

  test('of a stream that is cut before its end is never complete', () => {
    fc.assert(
      fc.property(message, fc.double({ min: 0, max: 1, noNaN: true }), (given, share) => {
        const bytes = Buffer.from(streamText(eventsOfMessage(given)));
        const end = bytes.length - 'data: {"type":"message_stop"}\n\n'.length;
        const stream = createMessageStream();
        stream.write(bytes.subarray(0, Math.floor(end * share)));
        expect(stream.verdict()).toEqual({ kind: 'unfinished' });
      }),
    );
  });

  test('of any event at all never throws', () => {
    const events = fc.array(fc.tuple(fc.option(word, { nil: 'error' }), json), { maxLength: 8 });
    fc.assert(
      fc.property(events, (given) => {
        const stream = createMessageStream();
        for (const [name, value] of given) {
          stream.write(Buffer.from(`event: ${name}\ndata: ${JSON.stringify(value)}\n\n`));
        }
        expect(stream.verdict()).toHaveProperty('kind');
        if (isJsonObject(given[0]?.[1])) readMessage(given[0][1]);
      }),
    );
  });
});
