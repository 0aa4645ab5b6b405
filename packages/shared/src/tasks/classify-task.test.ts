import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Complexity, TaskClass } from '../domain/task-class.ts';
import { classifyTask } from './classify-task.ts';
import { readPrompt } from './read-prompt.ts';

interface LabelledPrompt {
  /** Words and weights were tuned on `tune` alone. */
  readonly half: 'tune' | 'report';
  readonly class: TaskClass;
  readonly complexity: Complexity;
  readonly prompt: string;
}

const labelled: readonly LabelledPrompt[] = readFileSync(
  new URL('labelled-prompts.jsonl', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

describe('the task of a prompt', () => {
  test.each([
    { half: 'tune', classFloor: 0.95, complexityFloor: 0.8 },
    { half: 'report', classFloor: 0.88, complexityFloor: 0.6 },
  ] as const)('is told in the $half half of the labelled prompts', ({ half, ...floors }) => {
    const prompts = labelled.filter((each) => each.half === half);
    const profiles = prompts.map(({ prompt }) => profileOf(prompt));
    const rightShare = (field: 'class' | 'complexity'): number =>
      profiles.filter((profile, at) => profile[field] === prompts[at]?.[field]).length /
      prompts.length;
    const shares = { class: rightShare('class'), complexity: rightShare('complexity') };
    process.stdout.write(`${half}, ${prompts.length} prompts: ${JSON.stringify(shares)}\n`);
    expect(prompts).toHaveLength(80);
    expect(shares.class).toBeGreaterThanOrEqual(floors.classFloor);
    expect(shares.complexity).toBeGreaterThanOrEqual(floors.complexityFloor);
  });

  test('comes with the names of what decided it and never with words of the prompt', () => {
    const profile = profileOf('Write a Python function that parses ZEBRA-42 invoices.');
    expect(profile.class).toBe('code');
    expect(profile.signals).toContain('code_names');
    expect(profile.signals.length).toBeLessThanOrEqual(8);
    expect(JSON.stringify(profile)).not.toMatch(/zebra/i);
  });

  test('is moved by weights of the configuration', () => {
    const request = requestOf('Write a Python function.');
    const profile = classifyTask(request, { writing_words: { creative: 20 } });
    expect(profile.class).toBe('creative');
  });

  test('leans on the turn before when the last one says little', () => {
    const messages = [
      { role: 'user', content: 'Translate this letter to French: Dear Sir, thank you.' },
      { role: 'assistant', content: 'Cher Monsieur, merci.' },
      { role: 'user', content: 'And now less formal' },
    ];
    const texts = readPrompt({ messages });
    expect(classifyTask({ texts, asksForSchema: false }).class).toBe('translation');
  });

  test('is maths for a sum written in signs and asked for in words', () => {
    expect(profileOf('What is 17 * 24? Show each step of the calculation.').class).toBe('maths');
  });

  test('is chat for nothing at all', () => {
    expect(profileOf('')).toMatchObject({ class: 'chat', complexity: 'simple' });
  });

  test.each(['\n', '\r\n', '\r', '\u2028'])('sees options whose lines end in %j', (lineEnd) => {
    const options = ['Which one burns longest?', 'A) Coal', 'B) Wood', 'C) Peat'];
    expect(profileOf(options.join(lineEnd)).signals).toContain('answer_options');
    expect(profileOf(options.slice(0, 3).join(lineEnd)).signals).not.toContain('answer_options');
  });

  test('reads a bounded part of a huge prompt', () => {
    const texts = readPrompt({ input: 'word '.repeat(1_000_000) });
    expect(texts.turns.join('').length).toBeLessThan(20_000);
  });
});

function requestOf(prompt: string) {
  const texts = readPrompt({ messages: [{ role: 'user', content: prompt }] });
  return { texts, asksForSchema: false };
}

function profileOf(prompt: string) {
  return classifyTask(requestOf(prompt));
}
