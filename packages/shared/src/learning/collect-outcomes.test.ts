import { expect, test } from 'vitest';
import { OutcomeCollector } from './collect-outcomes.ts';

const line = (prompt: string, model: string): string => JSON.stringify({ prompt, model, score: 1 });
const long = (name: string): string =>
  Array.from({ length: 200 }, (_, word) => `${name}${word}`).join(' ');

test('what would not fit in memory is refused by its features, not by its number', () => {
  const bytesMax = 1_000_000;
  const collector = new OutcomeCollector(bytesMax);
  const added: string[] = [];
  let refused = '';
  for (let at = 0; refused === ''; at += 1) {
    const result = collector.add(line(long(`p${at}x`), 'a'));
    if (result.kind === 'bad') refused = result.why;
    else added.push(long(`p${at}x`));
  }
  expect(refused).toMatch(/^the \d+ different prompts before it take the 2 GB .*; use a sample/);
  expect(added.length).toBeGreaterThan(10);
  expect(added.length).toBeLessThan(90);
  // What other models got for the same prompts still counts.
  for (const prompt of added) expect(collector.add(line(prompt, 'b')).kind).toBe('added');
  expect(collector.table().scores).toHaveLength(2 * added.length);

  const short = new OutcomeCollector(bytesMax);
  for (let at = 0; at < 200; at += 1) {
    expect(short.add(line(`say ${at}`, 'a')).kind).toBe('added');
  }
});

test('outcomes of very many models are bounded, too', () => {
  const collector = new OutcomeCollector(5_000);
  const results = Array.from({ length: 30 }, (_, at) => collector.add(line('say', `m${at}`)));
  expect(results[0]).toEqual({ kind: 'added' });
  expect(results.at(-1)).toMatchObject({ why: expect.stringContaining('leave models out') });
});
