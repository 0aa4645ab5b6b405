/**
 * Logistic regression of several models' scores (0 … 1, graded ones too), as a few ridge problems
 * with other weights: each one is the best square around the last answer. What it says beyond
 * `offsets`, the logits of the means, is drawn to 0 like a ridge's weights.
 */
import { solveRidge } from './ridge.ts';
import { multiply, type SparseMatrix } from './sparse-matrix.ts';

export interface LogisticProblem {
  readonly matrix: SparseMatrix;
  /** Row after row, one score from 0 to 1 for each target. */
  readonly scores: Float32Array;
  readonly observed: Float32Array;
  /** The logit of each target where nothing else is known. */
  readonly offsets: Float32Array;
  readonly lambda: number;
}

const roundsMax = 2;
/** Keeps a sure answer from outweighing all others. */
const weightMin = 0.02;

/** @returns weights of the logits, column after column. */
export function solveLogistic(problem: LogisticProblem): Float32Array {
  const { matrix, scores, observed, offsets, lambda } = problem;
  const targets = offsets.length;
  let weights: Float32Array = new Float32Array(matrix.width * targets);
  const logits = new Float32Array(scores.length);
  const values = new Float32Array(scores.length);
  const importance = new Float32Array(scores.length);
  for (let round = 0; round < roundsMax; round += 1) {
    multiply(matrix, weights, logits);
    for (let at = 0; at < scores.length; at += 1) {
      const logit = logits[at] ?? 0;
      const chance = sigmoid(logit + (offsets[at % targets] ?? 0));
      const slope = Math.max(weightMin, chance * (1 - chance));
      importance[at] = slope * (observed[at] ?? 0);
      values[at] = logit + ((scores[at] ?? 0) - chance) / slope;
    }
    weights = solveRidge({ matrix, values, observed: importance, lambda, start: weights });
  }
  return weights;
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** The logit of a mean, held away from the ends. */
export function logitOf(mean: number): number {
  const held = Math.min(0.98, Math.max(0.02, mean));
  return Math.log(held / (1 - held));
}
