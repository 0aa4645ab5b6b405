import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSseParser, type ServerSentEvent } from './sse-parser.ts';

function parseIn(chunks: readonly Uint8Array[]): ServerSentEvent[] {
  const parser = createSseParser();
  return [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()];
}

function parse(text: string): ServerSentEvent[] {
  return parseIn([Buffer.from(text)]);
}

/** Cuts bytes at the given places. */
function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [0, ...[...places].sort((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index] ?? 0, end));
}

const sample =
  '\uFEFFdata: {"a":"grün 😀"}\r\n\r\n: a comment\rdata:two\rdata: lines\r\revent: error\n' +
  'id: 7\nretry: 10\ndata\n\nevent: no data\n\ndata: [DONE]\n\n';

const sampleEvents = [
  { event: '', data: '{"a":"grün 😀"}' },
  { event: '', data: 'two\nlines' },
  { event: 'error', data: '' },
  { event: '', data: '[DONE]' },
];

test('all line ends, comments, several data lines and fields without data are read', () => {
  expect(parse(sample)).toEqual(sampleEvents);
});

test('a split at every single byte changes nothing', () => {
  const bytes = Buffer.from(sample);
  for (let at = 0; at <= bytes.length; at += 1) {
    expect(parseIn(cutAt(bytes, [at])), `split at ${at}`).toEqual(sampleEvents);
  }
  expect(parseIn([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(sampleEvents);
});

test('any splits of any stream give the same events', () => {
  const lineEnd = fc.constantFrom('\n', '\r', '\r\n');
  const line = fc.oneof(
    fc.string({ unit: 'grapheme' }).map((text) => `data: ${text.replace(/[\r\n]/g, '')}`),
    fc.constantFrom('', ':x', 'event: e', 'data', 'data:', 'unknown: 1'),
  );
  const stream = fc.array(fc.tuple(line, lineEnd)).map((lines) => lines.flat().join(''));
  fc.assert(
    fc.property(stream, fc.array(fc.nat(400)), (text, cuts) => {
      const bytes = Buffer.from(text);
      const places = cuts.map((cut) => Math.min(cut, bytes.length));
      expect(parseIn(cutAt(bytes, places))).toEqual(parse(text));
    }),
  );
});

test('an event without its closing empty line is given at the end', () => {
  expect(parse('data: [DONE]')).toEqual([{ event: '', data: '[DONE]' }]);
  expect(parse('data: [DONE]\n')).toEqual([{ event: '', data: '[DONE]' }]);
  expect(parse('')).toEqual([]);
});

test('broken UTF-8 becomes replacement characters, not an exception', () => {
  const bytes = Buffer.concat([Buffer.from('data: '), Buffer.from([0xff, 0xe2, 0x82])]);
  expect(parseIn([bytes])).toEqual([{ event: '', data: '��' }]);
});
