import { describe, expect, test } from 'vitest';
import { OutcomeCollector } from './collect-outcomes.ts';
import { allRows, type OutcomeTable } from './outcome-table.ts';
import { openPredictor } from './predictor.ts';
import { readPredictor, writePredictor } from './predictor-file.ts';
import { trainPredictor } from './train-predictor.ts';

const colours = ['red', 'green', 'blue', 'grey'];

/** Model a knows about cats, b about dogs; half of the prompts lack one of them now and then. */
function sampleTable(): OutcomeTable {
  const collector = new OutcomeCollector();
  for (let number = 0; number < 160; number += 1) {
    const animal = number % 2 === 0 ? 'cat' : 'dog';
    const prompt = `Describe the ${colours[number % 4]} ${animal} of house ${number}`;
    for (const model of number % 10 === 9 ? ['a'] : ['a', 'b']) {
      const score = (model === 'a') === (animal === 'cat') ? 0.9 : 0.2;
      collector.add(JSON.stringify({ prompt, model, score }));
    }
  }
  return collector.table();
}

function fileOf(table: OutcomeTable) {
  const { predictor } = trainPredictor(table, allRows(table), { seed: 7 });
  const facts = { trainedAt: '2026-11-26', seed: 7, rows: 1, prompts: 160, compared: [] };
  const promptHashes = table.prompts.map(({ hash }) => hash);
  return { facts, predictor, promptHashes };
}

describe('a predictor', () => {
  const table = sampleTable();
  const file = fileOf(table);
  const bytes = writePredictor(file);

  test('says the same after it was written and read', () => {
    const read = readPredictor(bytes);
    if (read.kind === 'refused') throw new Error(read.why);
    expect(read.file.promptHashes).toEqual(file.promptHashes);
    const before = openPredictor(file.predictor).predict(table.prompts);
    const after = openPredictor(read.file.predictor).predict(table.prompts);
    for (const [at, score] of before.scores.entries()) {
      expect(after.scores[at]).toBeCloseTo(score, 2);
    }
  });

  test('tells which model suits a prompt that it has not seen', () => {
    const asked = new OutcomeCollector();
    asked.add('{"prompt": "Describe the pink cat of house 999", "model": "a", "score": 1}');
    asked.add('{"prompt": "Describe the pink dog of house 998", "model": "a", "score": 1}');
    const { scores } = openPredictor(file.predictor).predict(asked.table().prompts);
    const [catA = 0, catB = 0, dogA = 0, dogB = 0] = scores;
    expect(catA - catB).toBeGreaterThan(0.3);
    expect(dogB - dogA).toBeGreaterThan(0.3);
  });

  test('abstains where it knows no word', () => {
    const asked = new OutcomeCollector();
    asked.add('{"prompt": "完全不同的内容", "model": "a", "score": 1}');
    const said = openPredictor(file.predictor).predict(asked.table().prompts);
    expect(said.abstained).toEqual([true]);
    expect([...said.scores]).toEqual([...file.predictor.means]);
  });

  test('comes out the same for the same rows and seed', () => {
    expect(writePredictor(fileOf(sampleTable())).equals(bytes)).toBe(true);
  });

  test('is refused when cut, changed, or of another version', () => {
    const changed = Buffer.from(bytes);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    const other = bytes.toString('latin1').replace('"version":1', '"version":9');
    for (const wrong of [bytes.subarray(0, 900), changed, Buffer.from(other, 'latin1')]) {
      expect(readPredictor(wrong)).toMatchObject({ kind: 'refused' });
    }
  });
});
