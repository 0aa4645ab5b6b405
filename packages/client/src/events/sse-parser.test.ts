import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSseParser, type StreamEvent } from './sse-parser.ts';

const text =
  'id: 1\r\nevent: job.delta\r\ndata: {"t":"é€\u{1f600}"}\r\n\r\n: ping\n\ndata: a\rdata: b\r\r';

function parseIn(chunks: readonly Uint8Array[]): readonly StreamEvent[] {
  const parser = createSseParser();
  // A last line feed settles that the final carriage return is a line end of its own.
  return [...chunks, new TextEncoder().encode('\n')].flatMap((chunk) => parser.push(chunk));
}

test('the parser reads the same events however the bytes are cut', () => {
  const bytes = new TextEncoder().encode(text);
  const expected = [
    { id: '1', event: 'job.delta', data: '{"t":"é€\u{1f600}"}' },
    { id: '1', event: '', data: 'a\nb' },
  ];
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      const chunks = places.slice(1).map((end, index) => bytes.slice(places[index], end));
      expect(parseIn(chunks)).toEqual(expected);
    }),
  );
});
