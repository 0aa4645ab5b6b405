/**
 * What each learner would have said of prompts that it had not seen: fits it to all folds but one
 * and lets it predict that one, for every setting that is tried.
 */
import {
  fitClasses,
  fitLogistic,
  fitNeighbours,
  fitRidges,
  fitTreePair,
  type LearnerName,
  type LearningSet,
  lambdas,
  neighbourSettings,
  type Predictions,
  predictClasses,
  predictLinear,
  predictLogistic,
  predictNeighbours,
  predictTrees,
  treeRounds,
} from './learners.ts';
import { neighbourFinder } from './neighbours.ts';
import { pickRows } from './sparse-matrix.ts';

/** A learner under one of its settings. */
export interface Candidate {
  readonly learner: LearnerName;
  /** Such as `lambda 8`. */
  readonly label: string;
  /** Place in the learner's list of settings. */
  readonly setting: number;
}

export interface OutOfFold extends Candidate {
  readonly predictions: Predictions;
}

export interface FoldPlan {
  /** Which fold each row belongs to. */
  readonly foldOf: Uint8Array;
  readonly folds: number;
  readonly random: () => number;
  readonly onStep: (done: number, of: number) => void;
}

const logisticLambdas = [8, 32] as const;

const candidates: readonly Candidate[] = [
  { learner: 'classes', label: 'means by task class', setting: 0 },
  ...lambdas.map((lambda, setting) => ({
    learner: 'ridge' as const,
    label: `lambda ${lambda}`,
    setting,
  })),
  ...logisticLambdas.map((lambda, setting) => ({
    learner: 'logistic' as const,
    label: `lambda ${lambda}`,
    setting,
  })),
  ...neighbourSettings.map(({ most, power }, setting) => ({
    learner: 'neighbours' as const,
    label: `${most} nearest, similarity^${power}`,
    setting,
  })),
  ...treeRounds.map((rounds, setting) => ({
    learner: 'trees' as const,
    label: `${rounds} trees`,
    setting,
  })),
];

/** The lambda of a logistic candidate. */
export function logisticLambda(setting: number): number {
  return logisticLambdas[setting] ?? logisticLambdas[0];
}

export function crossValidate(set: LearningSet, plan: FoldPlan): OutOfFold[] {
  const all = candidates.map((candidate) => ({
    ...candidate,
    predictions: new Float32Array(set.values.length),
  }));
  for (let fold = 0; fold < plan.folds; fold += 1) {
    const held = rowsOf(plan.foldOf, (each) => each === fold);
    const rest = rowsOf(plan.foldOf, (each) => each !== fold);
    const said = predictHeld(pickSet(set, rest), pickSet(set, held), plan.random);
    for (const [at, predictions] of said.entries()) {
      scatter(predictions, all[at]?.predictions, { rows: held, count: set.count });
    }
    plan.onStep(fold + 1, plan.folds);
  }
  return all;
}

/** The mean of what candidates said in several runs, each with folds of its own. */
export function averageRuns(runs: readonly (readonly OutOfFold[])[]): OutOfFold[] {
  const [first = []] = runs;
  return first.map((candidate, place) => {
    const said = runs.flatMap((run) => run[place]?.predictions ?? []);
    const predictions = candidate.predictions.map(
      (_, at) => said.reduce((sum, each) => sum + (each[at] ?? 0), 0) / said.length,
    );
    return { ...candidate, predictions };
  });
}

/** In the order of {@link candidates}. */
function predictHeld(train: LearningSet, held: LearningSet, random: () => number): Predictions[] {
  const ridges = fitRidges(train);
  const find = neighbourFinder(fitNeighbours(train));
  const trees = fitTreePair(train, { rounds: treeRounds.at(-1) ?? 0, random });
  return [
    predictClasses(held.classes, fitClasses(train), train.count),
    ...lambdas.map((lambda) =>
      predictLinear(held.matrix, ridges.get(lambda) ?? new Float32Array()),
    ),
    ...logisticLambdas.map((lambda) =>
      predictLogistic(held.matrix, fitLogistic(train, lambda), train.means),
    ),
    ...predictNeighbours(held.matrix, { set: train, find }, neighbourSettings),
    ...predictTrees(held.matrix, trees, { sparseWidth: train.sparseWidth, rounds: treeRounds }),
  ];
}

/** Some rows of a set; the means stay those of the whole. */
export function pickSet(set: LearningSet, rows: Int32Array): LearningSet {
  return {
    ...set,
    matrix: pickRows(set.matrix, rows),
    classes: Array.from(rows, (row) => set.classes[row] ?? 'chat'),
    values: gather(set.values, rows, set.count),
    observed: gather(set.observed, rows, set.count),
  };
}

function rowsOf(foldOf: Uint8Array, isIn: (fold: number) => boolean): Int32Array {
  const rows: number[] = [];
  for (const [row, fold] of foldOf.entries()) if (isIn(fold)) rows.push(row);
  return Int32Array.from(rows);
}

function gather(values: Float32Array, rows: Int32Array, count: number): Float32Array {
  const out = new Float32Array(rows.length * count);
  for (const [at, row] of rows.entries()) {
    out.set(values.subarray(row * count, (row + 1) * count), at * count);
  }
  return out;
}

function scatter(
  from: Float32Array,
  to: Float32Array | undefined,
  { rows, count }: { readonly rows: Int32Array; readonly count: number },
): void {
  for (const [at, row] of rows.entries()) {
    to?.set(from.subarray(at * count, (at + 1) * count), row * count);
  }
}
