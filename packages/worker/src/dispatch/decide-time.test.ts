import { describe, expect, test } from 'vitest';
import { decide, inWords, lost, nowMs } from '../../../../test/support/decide-scene.ts';
import { sampleModel } from '../../../../test/support/sample-catalog.ts';

describe('time', () => {
  test('a waiting job whose deadline has passed expires', () => {
    expect(inWords(decide({ why: { kind: 'deadline' } }))).toBe('expired deadline_exceeded');
  });

  test.each([
    ['a failed attempt', {}],
    ['a lost lease', { why: lost }],
    ['a hand-back', { errorClass: 'shutdown' }],
  ] as const)('%s after the deadline lets the job expire', (_, scene) => {
    const move = decide({ ...scene, record: { deadlineAtMs: nowMs } });
    expect(inWords(move)).toBe('expired deadline_exceeded');
  });

  test('no move starts at or after the deadline', () => {
    const scene = { models: [sampleModel('alpha')], retryAfterMs: 60_000 };
    const before = decide({ ...scene, record: { deadlineAtMs: nowMs + 60_001 } });
    expect(before).toMatchObject({ kind: 'move', delayMs: 60_000 });
    const at = decide({ ...scene, record: { deadlineAtMs: nowMs + 60_000 } });
    expect(inWords(at)).toBe('failed provider_error');
  });

  test('the same model waits as long as the provider asked, another one starts at once', () => {
    const alone = decide({ models: [sampleModel('alpha')], retryAfterMs: 7_000 });
    expect(alone).toMatchObject({ delayMs: 7_000 });
    expect(decide({ retryAfterMs: 7_000 })).toMatchObject({ delayMs: 0 });
  });

  test('no provider can make a job wait longer than the longest pause, jitter aside', () => {
    const models = [sampleModel('alpha')];
    const day = 86_400_000;
    const scene = { models, retryAfterMs: day, record: { deadlineAtMs: nowMs + day } };
    expect(decide(scene)).toMatchObject({ delayMs: 600_000 });
    expect(decide({ ...scene, jitter: 1 })).toMatchObject({ delayMs: 750_000 });
  });

  test('retries of a model grow apart and are spread', () => {
    const scene = { errorClass: 'connect_failed' } as const;
    expect(decide(scene)).toMatchObject({ delayMs: 250 });
    expect(decide({ ...scene, jitter: 0.8 })).toMatchObject({ delayMs: 300 });
    expect(decide({ earlier: [['beta', 'server_error']] })).toMatchObject({ delayMs: 250 });
  });
});
