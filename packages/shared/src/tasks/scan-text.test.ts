import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cueWords } from './cue-words.ts';
import { scanText, TextTally } from './scan-text.ts';
import { taskSignals } from './task-signals.ts';
import { isWordUnit } from './text-units.ts';

const prompts: readonly string[] = readFileSync(
  new URL('labelled-prompts.jsonl', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line).prompt);

const texts = [
  ...prompts,
  prompts.join('\n'),
  prompts.join(' ').toUpperCase(),
  'c++, C# and a+b; unit\r\ntest, 12,5 and 1.000.',
  `${'x'.repeat(41)} code ${'lock'.repeat(10)} free`,
  '',
];

/** What {@link scanText} does, said with regular expressions and one list of all cues. */
function readPlainly(text: string, weight: number): Map<string, number> {
  const lower = text.toLowerCase();
  const raised = new Map<string, number>();
  const weightAt = (at: number): number => {
    if (at < 60) return 1.6;
    return at < 200 || lower.length - at <= 200 ? 1 : 0.25;
  };
  const raise = (signal: string, at: number): void => {
    raised.set(signal, (raised.get(signal) ?? 0) + weight * weightAt(at));
  };
  let before = '';
  for (const { 0: word, index } of lower.matchAll(
    /[a-z\u00c0-\u1fff][a-z\u00c0-\u1fff0-9]*[+#]*/g,
  )) {
    const cues = word.length <= 40 ? cuesOfWord.get(word) : undefined;
    for (const cue of cues ?? []) {
      if (cue.before === undefined || cue.before === before) raise(cue.signal, index);
    }
    before = word;
  }
  for (const { signal, cue } of otherCues) {
    for (let at = lower.indexOf(cue); at >= 0; at = lower.indexOf(cue, at + 1)) raise(signal, at);
  }
  return raised;
}

const allCues = taskSignals.flatMap((signal) =>
  (cueWords[signal] ?? '')
    .split(',')
    .map((text) => ({ signal, cue: text.trim().replaceAll(/\s+/g, ' ') }))
    .filter(({ cue }) => cue !== ''),
);
/** By the last word of the cue. */
const cuesOfWord = new Map<string, { signal: string; before: string | undefined }[]>();
for (const { signal, cue } of allCues.filter(({ cue }) => isWordUnit(cue.charCodeAt(0)))) {
  const [word = '', before] = cue.split(' ').toReversed();
  cuesOfWord.set(word, [...(cuesOfWord.get(word) ?? []), { signal, before }]);
}
const otherCues = allCues.filter(({ cue }) => !isWordUnit(cue.charCodeAt(0)));

/** Sums of the same numbers in another order differ in their last digits. */
function rounded(sum = 0): string {
  return sum.toFixed(6);
}

test('the scan finds the cues that a plain reading finds, and counts them alike', () => {
  let found = 0;
  for (const text of texts) {
    const tally = new TextTally();
    scanText(tally, text, 0.6);
    const plain = readPlainly(text, 0.6);
    const scanned = taskSignals.map((signal, place) => [signal, rounded(tally.cues[place])]);
    const expected = taskSignals.map((signal) => [signal, rounded(plain.get(signal))]);
    expect(scanned, text.slice(0, 60)).toEqual(expected);
    found += plain.size;
  }
  expect(found).toBeGreaterThan(texts.length);
});

test('the scan counts numbers with their separators, signs and ends of lines', () => {
  const tally = new TextTally();
  scanText(tally, 'a 1,000.5 b2 {x} = y\r\nnext\u2028last 你好', 1);
  const { units, ideographs, numbers, codeSigns, mathsSigns, lines, lineBreaks } = tally;
  const counts = { units, ideographs, numbers, codeSigns, mathsSigns, lines, lineBreaks };
  expect(counts).toEqual({
    units: 34,
    ideographs: 2,
    numbers: 1,
    codeSigns: 2,
    mathsSigns: 1,
    lines: 1,
    lineBreaks: 3,
  });
});
