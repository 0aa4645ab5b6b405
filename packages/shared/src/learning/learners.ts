/**
 * The learners that are compared and mixed. Each is fitted to the same training set and predicts
 * the same targets: the deviation of each model, then what they have in common.
 */
import { type TaskClass, taskClasses } from '../domain/task-class.ts';
import { addTrees, averageTrees, type BoostedTrees, fitTrees } from './boosted-trees.ts';
import { classMeans } from './class-means.ts';
import { logitOf, sigmoid, solveLogistic } from './logistic.ts';
import {
  averageNeighbours,
  buildNeighbourIndex,
  type NeighbourFinder,
  type NeighbourIndex,
  type NeighbourSetting,
  tellingOf,
} from './neighbours.ts';
import { solveRidge } from './ridge.ts';
import { multiply, type SparseMatrix } from './sparse-matrix.ts';

export const learnerNames = ['classes', 'ridge', 'logistic', 'neighbours', 'trees'] as const;

export type LearnerName = (typeof learnerNames)[number];

/** Prompts with their targets. */
export interface LearningSet {
  readonly matrix: SparseMatrix;
  /** Columns below it are words, the others dense figures. */
  readonly sparseWidth: number;
  readonly classes: readonly TaskClass[];
  readonly values: Float32Array;
  readonly observed: Float32Array;
  /** Targets of a row: one for each model, then what they have in common. */
  readonly count: number;
  /** Mean score of each model. */
  readonly means: Float32Array;
}

/** Predictions, row after row, one for each target. */
export type Predictions = Float32Array;

export const lambdas = [2, 8, 32, 128] as const;

/** Logits move about four times as far as chances do, so they need less of it. */
const logisticShare = 0.2;

/** @returns weights for each lambda, from the strongest to the weakest. */
export function fitRidges(set: LearningSet): ReadonlyMap<number, Float32Array> {
  const fitted = new Map<number, Float32Array>();
  let start: Float32Array | undefined;
  for (const lambda of lambdas.toReversed()) {
    start = solveRidge({ ...set, lambda, start });
    fitted.set(lambda, start);
  }
  return fitted;
}

export function fitRidge(set: LearningSet, lambda: number): Float32Array {
  return solveRidge({ ...set, lambda });
}

export function predictLinear(matrix: SparseMatrix, weights: Float32Array): Predictions {
  const targets = matrix.width === 0 ? 0 : weights.length / matrix.width;
  const out = new Float32Array(matrix.rows * targets);
  multiply(matrix, weights, out);
  return out;
}

/** Weights of one logit for each model. */
export function fitLogistic(set: LearningSet, lambda: number): Float32Array {
  const { means, count, values, observed } = set;
  const models = means.length;
  const rows = set.matrix.rows;
  const scores = new Float32Array(rows * models);
  const seen = new Float32Array(rows * models);
  for (let row = 0; row < rows; row += 1) {
    const common = values[row * count + models] ?? 0;
    for (let model = 0; model < models; model += 1) {
      const deviation = values[row * count + model] ?? 0;
      scores[row * models + model] = (means[model] ?? 0) + common + deviation;
      seen[row * models + model] = observed[row * count + model] ?? 0;
    }
  }
  const offsets = means.map(logitOf);
  const { matrix } = set;
  return solveLogistic({ matrix, scores, observed: seen, offsets, lambda: lambda * logisticShare });
}

export function predictLogistic(
  matrix: SparseMatrix,
  weights: Float32Array,
  means: Float32Array,
): Predictions {
  const models = means.length;
  const logits = predictLinear(matrix, weights);
  const count = models + 1;
  const out = new Float32Array(matrix.rows * count);
  for (let row = 0; row < matrix.rows; row += 1) {
    const above = means.map(
      (mean, model) => sigmoid((logits[row * models + model] ?? 0) + logitOf(mean)) - mean,
    );
    const common = above.reduce((sum, each) => sum + each, 0) / models;
    for (const [model, each] of above.entries()) out[row * count + model] = each - common;
    out[row * count + models] = common;
  }
  return out;
}

export const neighbourSettings: readonly NeighbourSetting[] = [8, 25, 80].flatMap((most) =>
  [1, 3].map((power) => ({ most, power })),
);
const neighboursMax = 80;

export function fitNeighbours(set: LearningSet): NeighbourIndex {
  return buildNeighbourIndex(set.matrix, set.sparseWidth);
}

type NeighbourTargets = Pick<LearningSet, 'values' | 'observed' | 'count' | 'sparseWidth'>;

/** @returns predictions for each setting, from one search. */
export function predictNeighbours(
  matrix: SparseMatrix,
  { set, find }: { readonly set: NeighbourTargets; readonly find: NeighbourFinder },
  settings: readonly NeighbourSetting[],
): Predictions[] {
  const outs = settings.map(() => new Float32Array(matrix.rows * set.count));
  for (let row = 0; row < matrix.rows; row += 1) {
    const found = find(tellingOf(matrix, row, set.sparseWidth), neighboursMax);
    for (const [at, setting] of settings.entries()) {
      outs[at]?.set(averageNeighbours(found, set, setting), row * set.count);
    }
  }
  return outs;
}

/** Numbers of trees that are tried. */
export const treeRounds = [20, 45, 90] as const;

/** Trees for the deviations, and others for what models have in common. */
export interface TreePair {
  readonly deviations: BoostedTrees;
  readonly common: BoostedTrees;
}

export function fitTreePair(
  set: LearningSet,
  { rounds, random }: { readonly rounds: number; readonly random: () => number },
): TreePair {
  const dense = denseOf(set.matrix, set.sparseWidth);
  const width = set.matrix.width - set.sparseWidth;
  const models = set.count - 1;
  const fit = (from: number, to: number): BoostedTrees =>
    fitTrees({
      dense,
      width,
      values: targetsOf(set.values, set.count, { from, to }),
      observed: targetsOf(set.observed, set.count, { from, to }),
      targets: to - from,
      rounds,
      random,
    });
  return { deviations: fit(0, models), common: fit(models, set.count) };
}

/** One pair that says the mean of what several say. */
export function averageTreePairs(pairs: readonly TreePair[]): TreePair {
  return {
    deviations: averageTrees(pairs.map(({ deviations }) => deviations)),
    common: averageTrees(pairs.map(({ common }) => common)),
  };
}

/** @returns predictions after each number of rounds, which ascend. */
export function predictTrees(
  matrix: SparseMatrix,
  trees: TreePair,
  { sparseWidth, rounds }: { readonly sparseWidth: number; readonly rounds: readonly number[] },
): Predictions[] {
  const dense = denseOf(matrix, sparseWidth);
  const width = matrix.width - sparseWidth;
  const models = trees.deviations.targets;
  const count = models + 1;
  const outs = rounds.map(() => new Float32Array(matrix.rows * count));
  for (let row = 0; row < matrix.rows; row += 1) {
    const figures = dense.subarray(row * width, (row + 1) * width);
    const deviations = new Float32Array(models);
    const common = new Float32Array(1);
    let first = 0;
    for (const [at, end] of rounds.entries()) {
      addTrees(trees.deviations, figures, { sums: deviations, first, end });
      addTrees(trees.common, figures, { sums: common, first, end });
      outs[at]?.set(deviations, row * count);
      outs[at]?.set(common, row * count + models);
      first = end;
    }
  }
  return outs;
}

function denseOf(matrix: SparseMatrix, sparseWidth: number): Float32Array {
  const width = matrix.width - sparseWidth;
  const dense = new Float32Array(matrix.rows * width);
  for (let row = 0; row < matrix.rows; row += 1) {
    const end = matrix.starts[row + 1] ?? 0;
    dense.set(matrix.values.subarray(end - width, end), row * width);
  }
  return dense;
}

function targetsOf(
  values: Float32Array,
  count: number,
  { from, to }: { readonly from: number; readonly to: number },
): Float32Array {
  const rows = values.length / count;
  const out = new Float32Array(rows * (to - from));
  for (let row = 0; row < rows; row += 1) {
    out.set(values.subarray(row * count + from, row * count + to), row * (to - from));
  }
  return out;
}

export function fitClasses(set: LearningSet): Float32Array {
  return classMeans(set);
}

export function predictClasses(
  classes: readonly TaskClass[],
  means: Float32Array,
  count: number,
): Predictions {
  const out = new Float32Array(classes.length * count);
  for (const [row, name] of classes.entries()) {
    const from = taskClasses.indexOf(name) * count;
    out.set(means.subarray(from, from + count), row * count);
  }
  return out;
}
