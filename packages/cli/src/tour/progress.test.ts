import { expect, test } from 'vitest';
import { createProgress } from './progress.ts';

test('a terminal gets a bar that redraws itself', () => {
  const written: string[] = [];
  const target = { isTTY: true, columns: 200, write: (text: string) => written.push(text) };
  const progress = createProgress(target, 2);

  progress.advance('succeeded');
  progress.advance('failed');
  progress.end();

  expect(written.at(-2)).toContain('2/2 jobs  1 failed, 1 succeeded');
  expect(written.at(-2)?.startsWith('\r')).toBe(true);
});

test('a pipe gets a bounded number of plain lines', () => {
  const written: string[] = [];
  const progress = createProgress({ write: (text: string) => written.push(text) }, 80);

  for (let job = 0; job < 80; job += 1) progress.advance('succeeded');
  progress.end();

  expect(written).toHaveLength(8);
  expect(written.at(-1)).toBe('tour: 80/80 jobs  80 succeeded\n');
});
