/** A trained predictor as a value, and what it says of prompts. */
import type { TaskClass } from '../domain/task-class.ts';
import {
  type Predictions,
  predictClasses,
  predictLinear,
  predictLogistic,
  predictNeighbours,
  predictTrees,
  type TreePair,
} from './learners.ts';
import {
  type NeighbourFinder,
  type NeighbourIndex,
  type NeighbourSetting,
  neighbourFinder,
} from './neighbours.ts';
import type { PromptFeatures } from './prompt-features.ts';
import { matrixOf, type SparseMatrix } from './sparse-matrix.ts';
import { type Vocabulary, vectorizerOf } from './vocabulary.ts';

export interface Predictor {
  readonly models: readonly string[];
  readonly vocabulary: Vocabulary;
  /** Mean score of each model over the training prompts. */
  readonly means: Float32Array;
  /** Whether it tells models apart; if not, it only says how easy prompts are for all of them. */
  readonly knowsDeviations: boolean;
  readonly parts: readonly PredictorPart[];
}

export type PredictorPart = FittedLearner & {
  readonly deviationWeight: number;
  readonly commonWeight: number;
};

export type FittedLearner =
  | { readonly learner: 'classes'; readonly means: Float32Array }
  | { readonly learner: 'ridge'; readonly weights: Float32Array }
  | { readonly learner: 'logistic'; readonly weights: Float32Array }
  | {
      readonly learner: 'neighbours';
      readonly setting: NeighbourSetting;
      readonly index: NeighbourIndex;
      readonly values: Float32Array;
      readonly observed: Float32Array;
    }
  | { readonly learner: 'trees'; readonly trees: TreePair };

/** What is predicted for. */
export interface AskedPrompt {
  readonly features: PromptFeatures;
  readonly class: TaskClass;
}

export interface PredictedScores {
  /** Prompt after prompt, the expected score of each model; may lie a little outside 0 … 1. */
  readonly scores: Float32Array;
  /** Whether the prompt is too unlike the training prompts; its scores are the models' means. */
  readonly abstained: readonly boolean[];
}

export interface OpenPredictor {
  readonly models: readonly string[];
  readonly knowsDeviations: boolean;
  predict(prompts: readonly AskedPrompt[]): PredictedScores;
}

/** Of the features of a prompt; below it nothing that was learned bears on the prompt. */
const knownShareMin = 0.08;

/** Makes what is needed for every prediction once. */
export function openPredictor(predictor: Predictor): OpenPredictor {
  const { models, vocabulary, knowsDeviations, means } = predictor;
  const vectorize = vectorizerOf(vocabulary);
  const sparseWidth = vocabulary.places.length;
  const parts = predictor.parts.map((part) => ({ part, find: finderOf(part) }));
  const count = models.length + 1;
  return {
    models,
    knowsDeviations,
    predict(prompts) {
      const vectors = prompts.map(({ features }) => vectorize(features));
      const matrix = matrixOf(vectors, sparseWidth);
      const ask = { matrix, sparseWidth, classes: prompts.map((prompt) => prompt.class), means };
      const sums = new Float32Array(prompts.length * count);
      for (const { part, find } of parts) addPart(sums, { part, count }, sayPart(part, ask, find));
      const abstained = vectors.map(({ known }) => known < knownShareMin);
      return { scores: toScores(sums, means, abstained), abstained };
    },
  };
}

function finderOf(part: PredictorPart): NeighbourFinder | undefined {
  return part.learner === 'neighbours' ? neighbourFinder(part.index) : undefined;
}

interface Ask {
  readonly matrix: SparseMatrix;
  readonly sparseWidth: number;
  readonly classes: readonly TaskClass[];
  readonly means: Float32Array;
}

function sayPart(part: PredictorPart, ask: Ask, find: NeighbourFinder | undefined): Predictions {
  const { matrix, sparseWidth } = ask;
  const count = ask.means.length + 1;
  switch (part.learner) {
    case 'classes':
      return predictClasses(ask.classes, part.means, count);
    case 'ridge':
      return predictLinear(matrix, part.weights);
    case 'logistic':
      return predictLogistic(matrix, part.weights, ask.means);
    case 'neighbours': {
      if (find === undefined) return new Float32Array(matrix.rows * count);
      const { values, observed, setting } = part;
      const set = { values, observed, count, sparseWidth };
      return predictNeighbours(matrix, { set, find }, [setting])[0] ?? new Float32Array();
    }
    case 'trees': {
      const rounds = [part.trees.deviations.trees.length];
      return predictTrees(matrix, part.trees, { sparseWidth, rounds })[0] ?? new Float32Array();
    }
  }
}

/** Deviations and the common part have weights of their own. */
function addPart(
  sums: Float32Array,
  { part, count }: { readonly part: PredictorPart; readonly count: number },
  said: Predictions,
): void {
  for (let at = 0; at < sums.length; at += 1) {
    const weight = (at + 1) % count === 0 ? part.commonWeight : part.deviationWeight;
    sums[at] = (sums[at] ?? 0) + weight * (said[at] ?? 0);
  }
}

function toScores(
  sums: Float32Array,
  means: Float32Array,
  abstained: readonly boolean[],
): Float32Array {
  const models = means.length;
  const scores = new Float32Array(abstained.length * models);
  for (const [row, isUnknown] of abstained.entries()) {
    const from = row * (models + 1);
    const common = sums[from + models] ?? 0;
    for (const [model, mean] of means.entries()) {
      const above = isUnknown ? 0 : (sums[from + model] ?? 0) + common;
      scores[row * models + model] = mean + above;
    }
  }
  return scores;
}
