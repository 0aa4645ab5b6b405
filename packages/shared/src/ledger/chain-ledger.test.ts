import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../domain/canonical-json.ts';
import type { JsonObject } from '../domain/json.ts';
import { type LedgerLine, ledgerStart } from '../domain/ledger-line.ts';
import { chainLedger, checkSegment, segmentText } from './chain-ledger.ts';

const lines = [1, 2, 3, 4].map(
  (n): LedgerLine => ({
    ...{ v: 1, id: `${n}-0`, tenant: 'dev', job: `job_${n}`, fence: 1, at: n, state: 'succeeded' },
    ...{ spent: String(n), unknown: '0', created: n, priority: 5, model: 'alpha' },
    ...(n === 4 ? {} : { tags: ['eu', 'fast'] }),
    metadata: { '2': 'b', '1': 'a', note: 'Grüße \ufffd' },
  }),
);
const chained = chainLedger(ledgerStart, lines);
const written = segmentText(chained);

function verdictOf(text: string, before: string | undefined = ledgerStart) {
  return checkSegment(Buffer.from(text), before);
}

/** As versions before this one chained and wrote them. */
function earlierText(): string {
  let hash = ledgerStart;
  return lines
    .map((line, index) => {
      const plain: JsonObject = JSON.parse(JSON.stringify(line));
      const { tags: _tags, ...rest } = plain;
      const own = `${hash}\n${canonicalJson(rest)}`;
      const previous = index === 0 ? { previous: hash } : {};
      hash = createHash('sha256').update(own, 'utf8').digest('hex');
      return `${JSON.stringify({ ...plain, ...previous, hash })}\n`;
    })
    .join('');
}

describe('a segment', () => {
  test('is intact as it was written, and says what it follows', () => {
    const intact = { kind: 'intact', lines: 4, previous: ledgerStart, hash: chained.hash };
    expect(verdictOf(written)).toEqual({ ...intact, coversTags: true });
    expect(verdictOf(written, undefined)).toEqual({ ...intact, coversTags: true });
  });

  test.each([
    { what: 'an amount', line: 3, from: '"spent":"3"', to: '"spent":"1"' },
    { what: 'a member twice', line: 3, from: '"spent"', to: '"spent":"9","spent"' },
    { what: 'a number in another form', line: 2, from: '"v":1', to: '"v":1.0' },
    { what: 'a blank within', line: 2, from: '"v":1', to: '"v": 1' },
    { what: 'a blank at the end', line: 1, from: /$/, to: ' ' },
    { what: 'a letter written as its number', line: 2, from: '"dev"', to: '"\\u0064ev"' },
    { what: 'a later line that names one before', line: 3, from: '{', to: '{"previous":"lie",' },
    { what: 'what the first line follows', line: 1, from: ledgerStart, to: 'f'.repeat(64) },
    { what: 'no hash of the tags', line: 1, from: /"tags_hash":"[0-9a-f]+",/, to: '' },
    { what: 'a tag', line: 0, from: '"eu"', to: '"us"' },
    { what: 'no tags', line: 0, from: '"tags":["eu","fast"],', to: '' },
  ])('with an edit is broken: $what', ({ line, from, to }) => {
    const place = Math.max(line, 1);
    const texts = written.split('\n');
    const edited = (texts[place - 1] ?? '').replace(from, to);
    expect(edited).not.toBe(texts[place - 1]);
    const verdict = verdictOf(texts.with(place - 1, edited).join('\n'));
    expect(verdict).toMatchObject({ kind: 'broken', line });
  });

  test.each(['[]', 'null'])('with tags where there were none is broken: %s', (tags) => {
    const texts = written.split('\n');
    const edited = (texts[3] ?? '').replace('"v":1', `"v":1,"tags":${tags}`);
    expect(verdictOf(texts.with(3, edited).join('\n'))).toMatchObject({ kind: 'broken', line: 0 });
  });

  test.each([
    ['without an end', written.slice(0, -1), 4],
    ['with an empty line', written.replace('\n', '\n\n'), 2],
    ['with an empty line behind', `${written}\n`, 5],
    ['without a line', '', 0],
    ['of one empty line', '\n', 1],
  ])('is broken: %s', (_what, text, line) => {
    expect(verdictOf(text)).toMatchObject({ kind: 'broken', line });
  });

  test('with bytes that are no text is broken, though they are read as a text', () => {
    const at = Buffer.from(written).indexOf('\ufffd');
    const bytes = Buffer.from(written);
    const edited = Buffer.concat([bytes.subarray(0, at), Buffer.of(0xff), bytes.subarray(at + 3)]);
    expect(edited.toString('utf8')).toBe(written);
    expect(checkSegment(edited, ledgerStart)).toMatchObject({ kind: 'broken', line: 0 });
  });

  test('of an earlier version is intact, and known not to cover its tags', () => {
    const text = earlierText();
    expect(verdictOf(text)).toMatchObject({ kind: 'intact', lines: 4, coversTags: false });
    expect(verdictOf(text.replace('"eu"', '"us"'))).toMatchObject({ kind: 'intact' });
    expect(verdictOf(text.replace('"spent":"3"', '"spent":"1"'))).toMatchObject({ line: 3 });
    const twice = text.replace('"spent":"3"', '"spent":"1","spent":"3"');
    expect(verdictOf(twice)).toMatchObject({ kind: 'broken', line: 3 });
  });

  test('is one that earlier versions find intact: their rule covers what it has more', () => {
    let hash = ledgerStart;
    for (const text of written.trimEnd().split('\n')) {
      const { tags: _tags, previous: _previous, hash: own, ...rest } = JSON.parse(text);
      const plain = `${hash}\n${canonicalJson(rest)}`;
      hash = createHash('sha256').update(plain, 'utf8').digest('hex');
      expect(own).toBe(hash);
    }
  });
});
