/**
 * Ridge regression of several targets at once by conjugate gradients on the normal equations:
 * minimises Σ observed · (matrix · weights − values)² + λ · |weights|² for each target. No matrix
 * of columns by columns is ever made, so tens of thousands of rows and columns fit in memory.
 */
import { multiply, multiplyTransposed, type SparseMatrix } from './sparse-matrix.ts';

export interface RidgeProblem {
  readonly matrix: SparseMatrix;
  /** Row after row, one value for each target. */
  readonly values: Float32Array;
  /** Weight of each of those values; 0 leaves it out. */
  readonly observed: Float32Array;
  readonly lambda: number;
  /** Where to begin; nearby answers make it quicker. */
  readonly start?: Float32Array | undefined;
}

const iterationsMax = 20;
/** Of the residual's square; more exact answers predict no better. */
const toleranceSquared = 1e-4;

/** @returns weights, column after column, one for each target. */
export function solveRidge(problem: RidgeProblem): Float32Array {
  const { matrix, values, observed, lambda } = problem;
  const targets = matrix.rows === 0 ? 0 : values.length / matrix.rows;
  const size = matrix.width * targets;
  const weights = problem.start?.slice() ?? new Float32Array(size);
  const rowValues = new Float32Array(values.length);
  const residual = new Float32Array(size);
  const product = new Float32Array(size);
  /** `out = (XᵀDX + λI) · input` */
  const apply = (input: Float32Array, out: Float32Array): void => {
    multiply(matrix, input, rowValues);
    scaleBy(rowValues, observed);
    multiplyTransposed(matrix, rowValues, out);
    addScaled(out, input, lambda);
  };
  multiplyTransposed(matrix, productOf(values, observed), residual);
  const scale = dotByTarget(residual, residual, targets);
  if (problem.start !== undefined) {
    apply(weights, product);
    for (let at = 0; at < size; at += 1) residual[at] = (residual[at] ?? 0) - (product[at] ?? 0);
  }
  const direction = residual.slice();
  let norms = dotByTarget(residual, residual, targets);
  for (let iteration = 0; iteration < iterationsMax; iteration += 1) {
    if (norms.every((norm, at) => norm <= toleranceSquared * (scale[at] ?? 0))) break;
    apply(direction, product);
    const curvature = dotByTarget(direction, product, targets);
    const steps = norms.map((norm, at) => ratio(norm, curvature[at] ?? 0));
    stepBy(weights, direction, steps);
    stepBy(
      residual,
      product,
      steps.map((step) => -step),
    );
    const next = dotByTarget(residual, residual, targets);
    const turns = next.map((norm, at) => ratio(norm, norms[at] ?? 0));
    turnTo(direction, residual, turns);
    norms = next;
  }
  return weights;
}

function ratio(above: number, below: number): number {
  return below > 1e-30 ? above / below : 0;
}

function productOf(left: Float32Array, right: Float32Array): Float32Array {
  return left.map((value, at) => value * (right[at] ?? 0));
}

function scaleBy(values: Float32Array, factors: Float32Array): void {
  for (let at = 0; at < values.length; at += 1) {
    values[at] = (values[at] ?? 0) * (factors[at] ?? 0);
  }
}

function addScaled(to: Float32Array, from: Float32Array, factor: number): void {
  for (let at = 0; at < to.length; at += 1) to[at] = (to[at] ?? 0) + factor * (from[at] ?? 0);
}

function dotByTarget(left: Float32Array, right: Float32Array, targets: number): Float64Array {
  const sums = new Float64Array(targets);
  for (let at = 0; at < left.length; at += targets) {
    for (let target = 0; target < targets; target += 1) {
      const product = (left[at + target] ?? 0) * (right[at + target] ?? 0);
      sums[target] = (sums[target] ?? 0) + product;
    }
  }
  return sums;
}

function stepBy(values: Float32Array, direction: Float32Array, steps: Float64Array): void {
  const targets = steps.length;
  for (let at = 0; at < values.length; at += targets) {
    for (let target = 0; target < targets; target += 1) {
      const step = (steps[target] ?? 0) * (direction[at + target] ?? 0);
      values[at + target] = (values[at + target] ?? 0) + step;
    }
  }
}

function turnTo(direction: Float32Array, residual: Float32Array, turns: Float64Array): void {
  const targets = turns.length;
  for (let at = 0; at < direction.length; at += targets) {
    for (let target = 0; target < targets; target += 1) {
      const kept = (turns[target] ?? 0) * (direction[at + target] ?? 0);
      direction[at + target] = (residual[at + target] ?? 0) + kept;
    }
  }
}
