import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLineSplitter, type SplitLine } from './split-lines.ts';

const lineBytesMax = 8;

interface Seen {
  readonly number: number;
  /** Hex, or that the line was too long. */
  readonly bytes: string;
}

function view(line: SplitLine): Seen {
  const { number } = line;
  return { number, bytes: line.kind === 'whole' ? line.bytes.toString('hex') : 'too long' };
}

function split(pieces: readonly Uint8Array[], bytesMax = lineBytesMax): Seen[] {
  const splitter = createLineSplitter(bytesMax);
  const seen = pieces.flatMap((piece) => [...splitter.push(piece)].map(view));
  return [...seen, ...[...splitter.end()].map(view)];
}

/** The same by looking at the whole text at once. */
function splitWhole(bytes: Buffer): Seen[] {
  const text = bytes.toString('latin1').replace(/^\xef\xbb\xbf/, '');
  return text.split('\n').flatMap((raw, index) => {
    const line = raw.replace(/\r$/, '');
    const number = index + 1;
    if (line.length > lineBytesMax) return [{ number, bytes: 'too long' }];
    if (/^[ \t\r]*$/.test(line)) return [];
    return [{ number, bytes: Buffer.from(line, 'latin1').toString('hex') }];
  });
}

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('\n', '\r\n', ' ', '\t', '\r', '\ufeff', 'ä', '{}') },
  fc.string({ maxLength: 12 }),
);
const body = fc
  .tuple(fc.boolean(), fc.array(piece, { maxLength: 12 }))
  .map(([marked, parts]) => Buffer.from(`${marked ? '\ufeff' : ''}${parts.join('')}`));

describe('the line splitter', () => {
  test('gives the lines of the whole text, wherever it is cut in two', () => {
    fc.assert(
      fc.property(body, (bytes) => {
        const expected = splitWhole(bytes);
        for (let at = 0; at <= bytes.length; at += 1) {
          expect(split([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
        }
      }),
    );
  });

  test('gives them also byte by byte', () => {
    fc.assert(
      fc.property(body, (bytes) => {
        const single = Array.from(bytes, (byte) => Buffer.from([byte]));
        expect(split(single)).toEqual(splitWhole(bytes));
      }),
    );
  });

  test('counts blank lines without giving them out, and takes a last line without an end', () => {
    const seen = split([Buffer.from('\ufeff{"a":1}\r\n\r\n  \n{"b":2}')]);
    expect(seen.map(({ number }) => number)).toEqual([1, 4]);
  });

  test('takes a line of just the limit, and reports a longer one before its end has come', () => {
    const splitter = createLineSplitter(4);
    expect([...splitter.push(Buffer.from('1234\r\n'))].map(view)).toMatchObject([{ number: 1 }]);
    const long = [...splitter.push(Buffer.from('123456789'))];
    expect(long).toEqual([{ kind: 'too_long', number: 2 }]);
    expect([...splitter.push(Buffer.alloc(1_000, 0x61))]).toEqual([]);
    const after = [...splitter.push(Buffer.from('\nok'))];
    expect(after).toEqual([]);
    expect([...splitter.end()].map(view)).toEqual([{ number: 3, bytes: '6f6b' }]);
  });

  test('holds no more than the line that is not finished, however it comes', () => {
    const size = 1024 * 1024;
    const splitter = createLineSplitter(size);
    const before = process.memoryUsage().arrayBuffers;
    const byte = Buffer.from('x');
    let given = 0;
    for (let count = 0; count < size; count += 1) given += [...splitter.push(byte)].length;
    expect(given).toBe(0);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * size);
    expect([...splitter.end()].map((line) => line.kind)).toEqual(['whole']);
  });
});
