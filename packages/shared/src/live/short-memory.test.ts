import { describe, expect, test } from 'vitest';
import { createShortMemory } from './short-memory.ts';

function setup() {
  let nowMs = 0;
  let asked = 0;
  const clock = { monotonicMs: () => nowMs };
  const memory = createShortMemory<string>({ clock, freshMs: 100, entriesMax: 2 });
  const ask = (key: string) =>
    memory.recall(key, async () => {
      asked += 1;
      return `${key}${asked}`;
    });
  return {
    memory,
    ask,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('a short memory', () => {
  test('asks once for all who ask within its time, at once or later', async () => {
    const { ask, pass } = setup();
    expect(await Promise.all([ask('a'), ask('a')])).toEqual(['a1', 'a1']);
    pass(99);
    expect(await ask('a')).toBe('a1');
    pass(1);
    expect(await ask('a')).toBe('a2');
  });

  test('knows what it is told, until it is to forget it', async () => {
    const { memory, ask } = setup();
    memory.note('a', 'told');
    expect(await ask('a')).toBe('told');
    memory.forget('a');
    expect(await ask('a')).toBe('a1');
  });

  test('does not remember a failure', async () => {
    const { memory, ask } = setup();
    const failing = memory.recall('a', () => Promise.reject(new Error('away')));
    await expect(failing).rejects.toThrow('away');
    expect(await ask('a')).toBe('a1');
  });

  test('lets the oldest go when it is full', async () => {
    const { ask } = setup();
    for (const key of ['a', 'b', 'c']) await ask(key);
    expect(await ask('c')).toBe('c3');
    expect(await ask('a')).toBe('a4');
  });
});
