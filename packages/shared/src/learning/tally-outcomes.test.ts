import { describe, expect, test } from 'vitest';
import { limits } from '../domain/limits.ts';
import type { OutcomeFile } from '../domain/outcome-file.ts';
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

function tallyOf(texts: readonly string[], counted: readonly OutcomeFile[] = []): OutcomeTally {
  const tally = new OutcomeTally({ counted, weights: undefined, models: undefined });
  for (const text of texts) expect(tally.add(text)).toEqual({ kind: 'added' });
  return tally;
}

describe('a tally of outcomes', () => {
  test('adds scores up by model and kind of task', () => {
    const { outcomes, file, base } = tallyOf(lines);
    expect(outcomes).toEqual([
      { model: 'large', task: 'maths', count: 2, scores: 1.5 },
      { model: 'large', task: 'translation', count: 1, scores: 0.5 },
      { model: 'small', task: 'maths', count: 1, scores: 0 },
    ]);
    expect(file.lines).toBe(4);
    expect(base).toBeUndefined();
  });

  test('leaves out what an earlier file has counted, however lines end', () => {
    const half = tallyOf(lines.slice(0, 2)).file;
    const other: OutcomeFile = { lines: 3, digest: 'f'.repeat(32) };
    const grown = tallyOf(
      lines.map((text) => `${text}\r`),
      [half, other],
    );
    expect(grown.base).toEqual(half);
    expect(grown.outcomes.map(({ count }) => count)).toEqual([1, 1]);
    const again = tallyOf(lines, [grown.file, half]);
    expect(again.base).toEqual(again.file);
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
    const many = { model: 'm', task: 'chat', count: 4_000, scores: 1_000 } as const;
    const few = { ...many, count: 10, scores: 8 };
    const [most, some] = asJudgements([many, few], 0.5);
    expect(most).toEqual({ ...many, count: limits.importedJudgementsMax, scores: 50 });
    expect(some).toEqual({ ...few, count: 5, scores: 4 });
  });
});
