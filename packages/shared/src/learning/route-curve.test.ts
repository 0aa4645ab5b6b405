import { describe, expect, test } from 'vitest';
import { bootstrapCurve, type PairedOutcome, routeCurve } from './route-curve.ts';
import { randomFrom } from './train-predictor.ts';

const outcome = (weakScore: number, strongScore: number, advantage: number): PairedOutcome => ({
  weakScore,
  strongScore,
  advantage,
});

/** Half of the prompts gain by the strong model. */
const outcomes = [
  outcome(0, 1, 0.9),
  outcome(0, 1, 0.8),
  outcome(1, 1, 0.2),
  outcome(1, 1, 0.1),
] as const;

describe('the curve between a weak and a strong model', () => {
  test('rises as fast as it can in the best order', () => {
    const curve = routeCurve(outcomes);
    // Half of the calls recover all: a triangle of 1/4 and a square of 1/2.
    expect(curve).toMatchObject({ apgr: 0.75, cpt50: 0.25, cpt80: 0.4 });
    expect(curve?.points.at(10)).toEqual({ share: 0.5, quality: 1, recovered: 1 });
  });

  test('is a straight line where the order says nothing', () => {
    const same = outcomes.map((each) => ({ ...each, advantage: 0 }));
    expect(routeCurve(same)).toMatchObject({ apgr: 0.5, cpt50: 0.5, cpt80: 0.8 });
  });

  test('lies below it in the worst order', () => {
    const worst = outcomes.map((each) => ({ ...each, advantage: -each.advantage }));
    expect(routeCurve(worst)?.apgr).toBe(0.25);
  });

  test('is not there without a gap', () => {
    expect(routeCurve([outcome(1, 1, 0), outcome(1, 0, 1)])).toBeUndefined();
    expect(routeCurve([])).toBeUndefined();
  });

  test('comes with an interval that holds its value', () => {
    const many = Array.from({ length: 50 }, () => outcomes).flat();
    const { apgr } = bootstrapCurve(many, { draws: 200, random: randomFrom(1) });
    expect(apgr.low).toBeLessThan(0.75);
    expect(apgr.high).toBeGreaterThan(0.75);
    expect(apgr.high - apgr.low).toBeLessThan(0.1);
  });
});
