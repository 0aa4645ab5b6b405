import { expect, test } from 'vitest';
import { matrixOf, multiply, multiplyTransposed } from './sparse-matrix.ts';

const vector = (columns: number[], values: number[], dense: number[]) => ({
  columns: Int32Array.from(columns),
  values: Float32Array.from(values),
  dense: Float32Array.from(dense),
  known: 1,
});

/** Rows (2, 0, 0, 1), (0, 3, 4, 5) and an empty sparse part with dense 6. */
const matrix = matrixOf(
  [vector([0], [2], [1]), vector([1, 2], [3, 4], [5]), vector([], [], [6])],
  3,
);

test.each([1, 2, 3, 4, 5, 7])('multiplies %i targets as one would by hand', (targets) => {
  const weights = Float32Array.from({ length: 4 * targets }, (_, at) => at + 1);
  const out = new Float32Array(3 * targets).fill(9);
  multiply(matrix, weights, out);
  const weight = (column: number, target: number): number => column * targets + target + 1;
  const back = new Float32Array(4 * targets).fill(9);
  multiplyTransposed(matrix, out, back);
  for (let target = 0; target < targets; target += 1) {
    const [first, second, third] = [
      2 * weight(0, target) + weight(3, target),
      3 * weight(1, target) + 4 * weight(2, target) + 5 * weight(3, target),
      6 * weight(3, target),
    ];
    expect([0, 1, 2].map((row) => out[row * targets + target])).toEqual([first, second, third]);
    const columns = [0, 1, 2, 3].map((column) => back[column * targets + target]);
    expect(columns).toEqual([2 * first, 3 * second, 4 * second, first + 5 * second + 6 * third]);
  }
});
