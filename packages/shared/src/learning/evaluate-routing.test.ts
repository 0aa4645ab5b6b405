import { expect, test } from 'vitest';
import { OutcomeCollector } from './collect-outcomes.ts';
import { cheapestOf, evaluateRouting } from './evaluate-routing.ts';
import { allRows } from './outcome-table.ts';

/** Two prompts; `a` is good at the first, `b` at the second, `c` at both. */
function judgedBy(costsUsd: readonly number[]) {
  const collector = new OutcomeCollector();
  const scores = { a: [1, 0], b: [0, 1], c: [1, 1] };
  for (const [model, each] of Object.entries(scores)) {
    for (const [at, score] of each.entries()) {
      collector.add(JSON.stringify({ prompt: `question ${at}`, model, score }));
    }
  }
  const table = collector.table();
  return { table, rows: allRows(table), predicted: table.scores, costsUsd };
}

test('cost and quality are weighed among the models whose cost is known', () => {
  const random = () => 0.5;
  const pair = { strong: 'c', weak: 'a' };
  const { spread } = evaluateRouting(judgedBy([1, 2, Number.NaN]), pair, random);
  expect(spread[0]).toEqual({ worthUsd: 0, quality: 0.5, costUsd: 1 });
  expect(spread.at(-1)).toEqual({ worthUsd: Infinity, quality: 1, costUsd: 1.5 });
  expect(evaluateRouting(judgedBy([1, NaN, NaN]), pair, random).spread).toEqual([]);
});

test('the cheapest is one whose cost is known, and the worst where none is', () => {
  const model = (name: string, quality: number, costUsd = Number.NaN) => ({
    ...{ model: name, prompts: 1, quality, costUsd },
  });
  expect(cheapestOf([model('a', 0.1), model('b', 0.9, 2), model('c', 0.5, 1)])?.model).toBe('c');
  expect(cheapestOf([model('a', 0.7), model('b', 0.2)])?.model).toBe('b');
});
