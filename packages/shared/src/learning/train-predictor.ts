/**
 * Trains the predictor of quality: features → columns → cross-validation of the learners → their
 * mixture → one last fit on everything. Deterministic for a table and a seed.
 */

import { chooseMixture, type Mixture, type MixturePart } from './choose-mixture.ts';
import { averageRuns, crossValidate, logisticLambda, pickSet } from './cross-validate.ts';
import {
  averageTreePairs,
  fitClasses,
  fitLogistic,
  fitNeighbours,
  fitRidge,
  fitTreePair,
  type LearningSet,
  lambdas,
  neighbourSettings,
  treeRounds,
} from './learners.ts';
import type { OutcomeTable } from './outcome-table.ts';
import type { FittedLearner, Predictor, PredictorPart } from './predictor.ts';
import { matrixOf } from './sparse-matrix.ts';
import { splitScores } from './targets.ts';
import { buildVocabulary, type Vocabulary, vectorizerOf } from './vocabulary.ts';

export interface TrainingOptions {
  /** The same seed and rows give the same predictor. */
  readonly seed: number;
  /** Told after each part of the work. */
  readonly onProgress?: (step: string, share: number) => void;
}

export interface Training {
  readonly predictor: Predictor;
  readonly mixture: Mixture;
}

const folds = 4;
/** Of one learner; bounds the artefact where there are many models. */
const weightsMax = 3_000_000;
/** More rows than this are not needed to choose between settings. */
const validationRowsMax = 10_000;
/** More neighbours than this would make the artefact large and each search slow. */
const neighbourRowsMax = 30_000;

export function trainPredictor(
  table: OutcomeTable,
  rows: Int32Array,
  { seed, onProgress = () => undefined }: TrainingOptions,
): Training {
  const random = randomFrom(seed);
  const { set, vocabulary } = learningSetOf(table, rows);
  onProgress('features', 1);
  const sample = sampleSet(set, validationRowsMax, random);
  const { rows: sampled } = sample.matrix;
  const repeats = repeatsFor(sampled);
  const splits = Array.from({ length: repeats }, () => assignFolds(sampled, random));
  const runs = splits.map((foldOf, run) =>
    crossValidate(sample, {
      foldOf,
      folds,
      random,
      onStep: (done, of) => onProgress('cross-validation', (run + done / of) / repeats),
    }),
  );
  const [foldOf = new Uint8Array()] = splits;
  const mixture = chooseMixture(sample, averageRuns(runs), { foldOf, folds });
  const predictor: Predictor = {
    models: table.models,
    vocabulary,
    means: set.means,
    knowsDeviations: mixture.isTrusted,
    parts: mixture.parts.map((part) => fitPart(set, part, { random, repeats })),
  };
  onProgress('fit', 1);
  return { predictor, mixture };
}

function learningSetOf(
  table: OutcomeTable,
  rows: Int32Array,
): { readonly set: LearningSet; readonly vocabulary: Vocabulary } {
  const prompts = Array.from(rows, (row) => table.prompts[row]).filter(
    (each) => each !== undefined,
  );
  const columnsMax = Math.min(120_000, Math.floor(weightsMax / (table.models.length + 1)));
  const features = prompts.map((prompt) => prompt.features);
  const vocabulary = buildVocabulary(features, columnsMax);
  const vectorize = vectorizerOf(vocabulary);
  const sparseWidth = vocabulary.places.length;
  const vectors = {
    *[Symbol.iterator]() {
      for (const each of features) yield vectorize(each);
    },
  };
  const matrix = matrixOf(vectors, sparseWidth);
  const targets = splitScores(table, rows);
  const classes = prompts.map((prompt) => prompt.class);
  return { set: { matrix, sparseWidth, classes, ...targets }, vocabulary };
}

/**
 * How often everything that chance decides is done anew and averaged: which prompts are held out,
 * and what trees see. A few hundred prompts would choose another mixture with each seed.
 */
function repeatsFor(rows: number): number {
  if (rows <= 3_000) return 3;
  return rows <= 6_000 ? 2 : 1;
}

interface FitOptions {
  readonly random: () => number;
  readonly repeats: number;
}

function fitPart(set: LearningSet, part: MixturePart, options: FitOptions): PredictorPart {
  const { deviationWeight, commonWeight } = part;
  return { deviationWeight, commonWeight, ...fitLearner(set, part, options) };
}

function fitLearner(
  set: LearningSet,
  { learner, setting }: MixturePart,
  { random, repeats }: FitOptions,
): FittedLearner {
  switch (learner) {
    case 'classes':
      return { learner, means: fitClasses(set) };
    case 'ridge':
      return { learner, weights: fitRidge(set, lambdas[setting] ?? lambdas[0]) };
    case 'logistic':
      return { learner, weights: fitLogistic(set, logisticLambda(setting)) };
    case 'neighbours': {
      const kept = sampleSet(set, neighbourRowsMax, random);
      const { values, observed } = kept;
      const use = neighbourSettings[setting] ?? { most: 25, power: 1 };
      return { learner, setting: use, index: fitNeighbours(kept), values, observed };
    }
    case 'trees': {
      const rounds = treeRounds[setting] ?? treeRounds[0];
      const pairs = Array.from({ length: repeats }, () => fitTreePair(set, { rounds, random }));
      return { learner, trees: averageTreePairs(pairs) };
    }
  }
}

/** The set itself, which may be large, where it has no more rows than that. */
function sampleSet(set: LearningSet, rowsMax: number, random: () => number): LearningSet {
  const { rows } = set.matrix;
  if (rows <= rowsMax) return set;
  const share = rowsMax / rows;
  const kept: number[] = [];
  for (let row = 0; row < rows; row += 1) if (random() < share) kept.push(row);
  return pickSet(set, Int32Array.from(kept));
}

function assignFolds(rows: number, random: () => number): Uint8Array {
  return Uint8Array.from({ length: rows }, () => Math.floor(random() * folds));
}

/** Mulberry32: small, quick and good enough to draw rows and folds. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
