import { describe, expect, test } from 'vitest';
import { limits } from '../domain/limits.ts';
import type { CountedFile, OutcomeFile } from '../domain/outcome-file.ts';
import { asJudgements, OutcomeTally } from './tally-outcomes.ts';

const line = (prompt: string, model: string, score: number): string =>
  JSON.stringify({ prompt, model, score });
const equation = 'Solve the equation 3x + 5 = 20 for x.';
const lines = [
  line(equation, 'small', 0),
  line(equation, 'large', 1),
  line('Translate into French: good morning', 'large', 0.5),
  line(equation, 'large', 0.5),
];

const counted = (file: OutcomeFile, changes: Partial<CountedFile> = {}): CountedFile => ({
  ...{ ...file, weight: 1, share: 1 },
  ...changes,
});

function tallyOf(texts: readonly string[], counted: readonly CountedFile[] = []): OutcomeTally {
  const tally = new OutcomeTally({ counted, weights: undefined, models: undefined });
  for (const text of texts) expect(tally.add(text)).toEqual({ kind: 'added' });
  return tally;
}

describe('a tally of outcomes', () => {
  test('adds scores up by model and kind of task', () => {
    const { outcomes, file, base } = tallyOf(lines);
    expect(outcomes).toEqual([
      { model: 'large', task: 'maths', count: 2, scores: 1.5, before: 0 },
      { model: 'large', task: 'translation', count: 1, scores: 0.5, before: 0 },
      { model: 'small', task: 'maths', count: 1, scores: 0, before: 0 },
    ]);
    expect(file.lines).toBe(4);
    expect(base).toBeUndefined();
  });

  test('leaves out what an earlier file has counted, however lines end', () => {
    const half = counted(tallyOf(lines.slice(0, 2)).file);
    const other = counted({ lines: 3, digest: 'f'.repeat(32) });
    const grown = tallyOf(
      lines.map((text) => `${text}\r`),
      [half, other],
    );
    expect(grown.base).toEqual(half);
    expect(grown.outcomes.map(({ count, before }) => [count, before])).toEqual([
      [1, 1],
      [1, 0],
    ]);
    const again = tallyOf(lines, [counted(grown.file), half]);
    expect(again.base).toMatchObject(again.file);
    expect(again.outcomes).toEqual([]);
  });

  test('refuses scores beyond 0 … 1 and models that are not configured', () => {
    const models = new Set(['large']);
    const tally = new OutcomeTally({ counted: [], weights: undefined, models });
    expect(tally.add(line('p', 'large', 7))).toMatchObject({
      why: expect.stringContaining('from 0 to 1'),
    });
    expect(tally.add(line('p', 'lage', 1))).toMatchObject({
      why: '"model": expected a model of the configuration, got "lage"',
    });
    expect(tally.add('{"prompt": 1}')).toMatchObject({ kind: 'bad' });
    expect(tally).toMatchObject({ outcomes: [], file: { lines: 3 } });
  });

  test('counts as judgements by weight, up to a limit, with the same mean', () => {
    const about = { model: 'm', task: 'chat' } as const;
    const many = { ...about, count: 4_000, scores: 1_000, before: 0 };
    const few = { ...about, count: 10, scores: 8, before: 0 };
    const outcomes = [many, few];
    const [most, some] = asJudgements({ outcomes, base: undefined }, 0.5);
    expect(most).toEqual({ ...about, count: limits.importedJudgementsMax, scores: 50 });
    expect(some).toEqual({ ...about, count: 5, scores: 4 });
  });

  test('counts no more than the limit together with the file that it grew from', () => {
    const sum = { model: 'm', task: 'chat', count: 300, scores: 150, before: 300 } as const;
    const count = (before: number, changes: Partial<CountedFile>) => {
      const base = counted({ lines: 9, digest: 'a' }, changes);
      return asJudgements({ outcomes: [{ ...sum, before }], base }, 0.5)[0]?.count;
    };
    expect(count(300, {})).toBe(0);
    expect(count(300, { weight: 0.5 })).toBe(50);
    expect(count(300, { share: 0.5 })).toBe(100);
    expect(count(10, {})).toBe(150);
  });

  test('of a file that grows ten times is bounded like that of a whole one', () => {
    const known: CountedFile[] = [];
    const texts = Array.from({ length: 500 }, () => line(equation, 'large', 1));
    let judgements = 0;
    for (let end = 50; end <= texts.length; end += 50) {
      const tally = tallyOf(texts.slice(0, end), known);
      judgements += asJudgements(tally, 1)[0]?.count ?? 0;
      known.push(counted(tally.file));
    }
    expect(judgements).toBe(limits.importedJudgementsMax);
  });
});
