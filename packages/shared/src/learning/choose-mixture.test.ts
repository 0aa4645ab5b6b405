import { describe, expect, test } from 'vitest';
import { chooseMixture } from './choose-mixture.ts';
import type { OutOfFold } from './cross-validate.ts';
import type { LearningSet } from './learners.ts';
import { randomFrom } from './train-predictor.ts';

const rows = 800;
const folds = 4;
const foldOf = Uint8Array.from({ length: rows }, (_, row) => row % folds);

/** Two models whose difference follows a hidden figure a little, or not at all. */
function setWith(signal: number): { set: LearningSet; hidden: Float32Array } {
  const random = randomFrom(3);
  const hidden = Float32Array.from({ length: rows }, () => random() - 0.5);
  const values = new Float32Array(rows * 3);
  for (const [row, figure] of hidden.entries()) {
    const deviation = signal * figure + (random() - 0.5);
    values.set([deviation, -deviation, 0], row * 3);
  }
  const matrix = {
    rows,
    width: 0,
    starts: new Int32Array(rows + 1),
    columns: new Int32Array(),
    values: new Float32Array(),
  };
  const observed = new Float32Array(values.length).fill(1);
  const classes = Array.from(hidden, () => 'chat' as const);
  const means = Float32Array.of(0.6, 0.5);
  return { set: { matrix, sparseWidth: 0, classes, values, observed, count: 3, means }, hidden };
}

function saysOf(hidden: Float32Array, scale: number, setting: number): OutOfFold {
  const predictions = Float32Array.from({ length: rows * 3 }, (_, at) =>
    at % 3 === 2 ? 0 : scale * (hidden[Math.floor(at / 3)] ?? 0) * (at % 3 === 0 ? 1 : -1),
  );
  return { learner: 'ridge', label: `setting ${setting}`, setting, predictions };
}

describe('a mixture', () => {
  test('trusts a weak signal, however large a learner writes it', () => {
    const { set, hidden } = setWith(0.15);
    for (const scale of [0.05, 1, 4]) {
      const mixture = chooseMixture(set, [saysOf(hidden, scale, 0)], { foldOf, folds });
      expect(mixture.isTrusted).toBe(true);
      expect(mixture.agreement).toBeGreaterThan(2);
      // Whatever the scale, the weight brings it to what was observed: a shrunken 0.15.
      const weight = mixture.parts[0]?.deviationWeight ?? 0;
      expect(weight * scale).toBeGreaterThan(0.05);
      expect(weight * scale).toBeLessThan(0.25);
    }
  });

  test('takes the setting that orders prompts, not the one with small numbers', () => {
    const { set, hidden } = setWith(0.3);
    const chance = randomFrom(8);
    const noise = Float32Array.from(hidden, () => chance() - 0.5);
    const settings = [saysOf(noise, 0.001, 0), saysOf(hidden, 5, 1)];
    const { parts } = chooseMixture(set, settings, { foldOf, folds });
    expect(parts).toMatchObject([{ learner: 'ridge', setting: 1 }]);
  });

  test('says the means where predictions have nothing to do with the scores', () => {
    const { set } = setWith(0);
    const chance = randomFrom(11);
    const noise = Float32Array.from({ length: rows }, () => chance() - 0.5);
    const mixture = chooseMixture(set, [saysOf(noise, 1, 0)], { foldOf, folds });
    expect(mixture.isTrusted).toBe(false);
    expect(mixture.parts).toEqual([]);
  });

  test('says the means where every score is the same', () => {
    const { set } = setWith(0);
    const flat = { ...set, values: new Float32Array(set.values.length) };
    const mixture = chooseMixture(flat, [saysOf(new Float32Array(rows), 1, 0)], { foldOf, folds });
    expect(mixture).toMatchObject({ isTrusted: false, agreement: 0, parts: [] });
  });
});
