import { describe, expect, test } from 'vitest';
import { sampleModel } from '../../../../test/support/sample-catalog.ts';
import type { QualitySum } from '../domain/quality-sum.ts';
import { learnedQuality } from './learned-quality.ts';

const model = sampleModel('alpha', { quality: { default: 0.5, code: 0.7 } });

function sumOf(count: number, scores: number, changes: Partial<QualitySum> = {}): QualitySum {
  return { model: 'alpha', task: 'code', count, scores, ...changes };
}

describe('what a tenant thinks of a model', () => {
  test('is drawn towards the prior of the task, the less the more was said', () => {
    const tenant = [sumOf(4, 1)];
    // (8 × 0.7 + 1) ÷ (8 + 4)
    const few = learnedQuality({ model, task: 'code', tenant, user: [] });
    expect(few).toEqual({ value: 0.55, source: 'tenant', samples: 4 });
    // (8 × 0.7 + 20) ÷ (8 + 80)
    const many = learnedQuality({ model, task: 'code', tenant: [sumOf(80, 20)], user: [] });
    expect(many).toEqual({ value: 0.291, source: 'tenant', samples: 80 });
  });

  test('is drawn towards what its user thinks of it', () => {
    const input = { model, task: 'code', tenant: [sumOf(4, 1)], user: [sumOf(2, 0)] } as const;
    // 8 × 0.55 ÷ (8 + 2)
    expect(learnedQuality(input)).toEqual({ value: 0.44, source: 'user', samples: 2 });
  });

  test('says nothing of other tasks', () => {
    const tenant = [sumOf(9, 9, { task: 'maths' })];
    expect(learnedQuality({ model, task: 'code', tenant, user: [sumOf(9, 9)] })).toBeUndefined();
  });

  test('is the prior of a model that was not judged where others were', () => {
    const tenant = [sumOf(9, 0, { model: 'beta' })];
    const learned = learnedQuality({ model, task: 'code', tenant, user: [] });
    expect(learned).toEqual({ value: 0.7, source: 'prior', samples: 0 });
  });

  test('counts from the middle where nobody gave a prior', () => {
    const plain = sampleModel('alpha');
    const tenant = [sumOf(8, 8, { task: undefined })];
    // (8 × 0.5 + 8) ÷ 16
    expect(learnedQuality({ model: plain, task: undefined, tenant, user: [] })?.value).toBe(0.75);
  });
});

describe('what answers showed by themselves', () => {
  const seenOf = (attempts: number, flaws: number, changes: Partial<QualitySum> = {}) =>
    sumOf(0, 0, { seen: { attempts, flaws }, ...changes });
  const learn = (tenant: QualitySum[], user: QualitySum[] = []) =>
    learnedQuality({ model, task: 'code', tenant, user });

  test('lowers what is believed before people speak', () => {
    // 0.7 × (1 − 0.25 × 0.5), with the lower end of Wilson's interval for 60 of 200
    const seen = learn([seenOf(200, 60)]);
    expect(seen).toEqual({ value: 0.613, source: 'attempts', samples: 200 });
    // (8 × 0.613 + 1) ÷ 12
    const both = learn([seenOf(200, 60, { count: 4, scores: 1 })]);
    expect(both).toEqual({ value: 0.492, source: 'tenant', samples: 4 });
  });

  test('is nothing, where there were few answers or hardly a bad one', () => {
    for (const [attempts, flaws] of [
      [19, 19],
      [20, 2],
      [10_000, 500],
    ] as const) {
      expect(learn([seenOf(attempts, flaws)])).toBeUndefined();
    }
    const judged = sumOf(4, 1, { model: 'beta' });
    expect(learn([seenOf(10_000, 0), judged])).toEqual(learn([judged]));
    expect(learn([seenOf(10_000, 0, { count: 4, scores: 1 })])).toEqual(learn([sumOf(4, 1)]));
  });

  test('halves what was believed at the most, and is outweighed by people', () => {
    expect(learn([seenOf(1_000_000, 1_000_000)])?.value).toBe(0.35);
    const praised = { count: 80, scores: 80 };
    expect(learn([seenOf(1_000_000, 1_000_000, praised)])?.value).toBeGreaterThan(0.9);
  });

  test('puts other models at their priors', () => {
    const learned = learn([seenOf(200, 100, { model: 'beta' })]);
    expect(learned).toEqual({ value: 0.7, source: 'prior', samples: 0 });
  });

  test('counts for a user as far as it is worse than for the tenant', () => {
    const tenant = [seenOf(200, 60, { count: 4, scores: 1 })];
    const ofUser = (flaws: number) =>
      learn(tenant, [seenOf(200, flaws, { count: 1, scores: 0.5 })])?.value ?? 0;
    // (8 × 0.492 + 0.5) ÷ 9
    expect(ofUser(0)).toBe(0.493);
    expect(ofUser(60)).toBe(0.493);
    expect(ofUser(200)).toBeLessThan(0.4);
  });
});
