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
