import { describe, expect, test } from 'vitest';
import { resolveTimes } from './resolve-times.ts';

const nowMs = Date.parse('2030-01-01T00:00:00Z');
const dayMs = 86_400_000;
const none = { runAtMs: undefined, deadlineAtMs: undefined, timeoutMs: undefined };

describe('resolveTimes', () => {
  test('a job without times starts now and has a day', () => {
    expect(resolveTimes(none, nowMs, dayMs)).toEqual({
      runAtMs: undefined,
      deadlineAtMs: nowMs + dayMs,
    });
  });

  test('a timeout counts from the start of a scheduled job', () => {
    const runAtMs = nowMs + 60_000;
    expect(resolveTimes({ ...none, runAtMs, timeoutMs: 5_000 }, nowMs, dayMs)).toEqual({
      runAtMs,
      deadlineAtMs: runAtMs + 5_000,
    });
  });

  test('a start time that has just passed means now', () => {
    expect(resolveTimes({ ...none, runAtMs: nowMs - 1 }, nowMs, dayMs).runAtMs).toBeUndefined();
  });

  test.each([
    ['a deadline that has passed', { ...none, deadlineAtMs: nowMs }, /deadline_at/],
    [
      'a deadline before the start',
      { ...none, runAtMs: nowMs + 10, deadlineAtMs: nowMs + 5 },
      /deadline_at/,
    ],
    ['a deadline too far away', { ...none, deadlineAtMs: nowMs + 1e12 }, /no later than/],
    ['a start too far away', { ...none, runAtMs: nowMs + 1e12 }, /run_at/],
    ['a start long ago', { ...none, runAtMs: nowMs - 1e10 }, /run_at/],
  ])('refuses %s', (_name, times, message) => {
    expect(() => resolveTimes(times, nowMs, dayMs)).toThrow(message);
  });
});
