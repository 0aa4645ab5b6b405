import { readFileSync } from 'node:fs';
import type { JsonObject } from '@forebay/shared/domain/json';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StreamVerdict } from '../answers/answer-stream.ts';
import { createChatAssembler } from './assemble-chat.ts';
import { createChatStream } from './chat-stream.ts';
import { wireOf } from './testing/chat-chunks.ts';

interface RecordedStream {
  readonly name: string;
  readonly chunks: JsonObject[];
  readonly unstreamed: JsonObject;
}

const fixture = new URL('./__fixtures__/chat-streams.json', import.meta.url);

/** Fresh each time: the assembler may change what it is given. */
function recordedStreams(): RecordedStream[] {
  // Our own fixture: a wrong form fails the tests that read it.
  return JSON.parse(readFileSync(fixture, 'utf8')) as RecordedStream[];
}

function read(pieces: readonly Uint8Array[]): StreamVerdict {
  const stream = createChatStream();
  for (const piece of pieces) stream.write(piece);
  return stream.verdict();
}

describe('a streamed chat answer equals the unstreamed one', () => {
  test.each(recordedStreams())('with $name', ({ chunks, unstreamed }) => {
    expect(read([wireOf(chunks)])).toStrictEqual({ kind: 'complete', body: unstreamed });
  });

  test('wherever its bytes are split', () => {
    const streams = recordedStreams().map(({ chunks, unstreamed }) => ({
      wire: wireOf(chunks),
      unstreamed,
    }));
    const cuts = fc.array(fc.nat(3_000), { maxLength: 40 });
    fc.assert(
      fc.property(fc.constantFrom(...streams), cuts, ({ wire, unstreamed }, places) => {
        const ends = [...places.sort((a, b) => a - b), wire.length];
        const pieces = ends.map((end, at) => wire.subarray(at === 0 ? 0 : ends[at - 1], end));
        expect(read(pieces)).toEqual({ kind: 'complete', body: unstreamed });
      }),
    );
  });

  test('cut before its end marker it is never complete, at any byte (F22)', () => {
    for (const { chunks } of recordedStreams()) {
      const wire = wireOf(chunks);
      const beforeMarker = wire.length - 'DONE]\n\n'.length;
      for (let end = 0; end < beforeMarker; end += 7) {
        expect(read([wire.subarray(0, end)]).kind).toBe('unfinished');
      }
    }
  });
});

describe('a stream that is no answer', () => {
  const begun = { choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null }] };

  test('with an end marker but no finish reason is incomplete', () => {
    expect(read([wireOf([begun])]).kind).toBe('incomplete');
    expect(read([wireOf([])]).kind).toBe('incomplete');
  });

  test('with an error object tells whether tokens had come', () => {
    const error = { error: { message: 'broke', type: 'server_error' } };
    expect(read([wireOf([error])])).toMatchObject({ kind: 'error', hasBegun: false });
    expect(read([wireOf([begun, error])])).toMatchObject({ kind: 'error', hasBegun: true });
  });

  test('with an event named error is an error without the word in its data', () => {
    const wire = Buffer.from('event: error\ndata: {"message":"broke","code":"server_error"}\n\n');
    expect(read([wire])).toMatchObject({ kind: 'error', error: { code: 'server_error' } });
  });

  test('with text in place of a chunk is broken, and the rest is not read', () => {
    const stream = createChatStream();
    expect(stream.write(Buffer.from('data: {"choices":[\n\n'))).toBe('enough');
    expect(stream.verdict().kind).toBe('broken_event');
  });

  test('of any JSON at all never throws', () => {
    const anything = fc.record(
      {
        id: fc.jsonValue(),
        choices: fc.array(
          fc.record(
            {
              index: fc.oneof(fc.nat(3), fc.jsonValue()),
              delta: fc.oneof(
                fc.record({ content: fc.jsonValue(), tool_calls: fc.array(fc.jsonValue()) }),
                fc.jsonValue(),
              ),
              logprobs: fc.jsonValue(),
              finish_reason: fc.jsonValue(),
            },
            { requiredKeys: [] },
          ),
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(anything), (chunks) => {
        const text = JSON.stringify(chunks);
        const assembler = createChatAssembler();
        // Text of our own arbitrary, read back as what it is: a list of objects.
        for (const chunk of JSON.parse(text) as JsonObject[]) assembler.add(chunk);
        JSON.stringify(assembler.body());
      }),
    );
  });

  test('cannot reach the prototype of anything', () => {
    const hostile = '{"__proto__":{"a":1},"choices":[{"delta":{"__proto__":{"b":1}}}]}';
    const assembler = createChatAssembler();
    // Text of our own, read back as what it is.
    assembler.add(JSON.parse(hostile) as JsonObject);
    expect(Object.keys(assembler.body())).toEqual(['object', 'choices']);
    expect(Reflect.get(assembler.body(), 'a')).toBeUndefined();
  });
});
