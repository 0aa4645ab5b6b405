/**
 * Compares the learners by what they said of prompts that they had not seen, picks a setting for
 * each, and mixes them. Deviations and the common part are chosen for apart. The mixture's own
 * error is measured out of fold as well: its weights for a fold come from the others.
 */
import type { OutOfFold } from './cross-validate.ts';
import { type LearnerName, type LearningSet, learnerNames, type Predictions } from './learners.ts';
import { mix, mixtureWeights } from './mixture-weights.ts';

/** Part of the mixture: a learner under one setting, with its weights. */
export interface MixturePart {
  readonly learner: LearnerName;
  readonly setting: number;
  readonly deviationWeight: number;
  readonly commonWeight: number;
}

export interface ComparedLearner {
  readonly learner: LearnerName | 'prior' | 'mixture';
  /** The setting that did best; for the mixture its parts. */
  readonly label: string;
  /** Share of the squared deviations between models that it explains; 0 for the prior. */
  readonly deviationsExplained: number;
  /** The same of what models have in common: how easy a prompt is. */
  readonly commonExplained: number;
  /** What it said of each prompt out of fold. */
  readonly predictions: Predictions;
}

export interface Mixture {
  readonly parts: readonly MixturePart[];
  readonly compared: readonly ComparedLearner[];
  /** Mean gain over the prior, in squared deviations, by its standard error. */
  readonly gainInErrors: number;
  /** Whether the deviations are worth more than chance; else the means of the models hold. */
  readonly isTrusted: boolean;
}

/** A gain of less than this many standard errors may be chance: then the prior holds. */
const gainInErrorsMin = 1;
/** Parts below it are left out. */
const weightMin = 0.02;

export function chooseMixture(
  set: LearningSet,
  outOfFold: readonly OutOfFold[],
  rows: FoldRows,
): Mixture {
  const models = set.count - 1;
  const ranges = {
    deviations: { from: 0, to: models, count: set.count },
    common: { from: models, to: set.count, count: set.count },
  };
  const best = bestSettings(set, outOfFold, ranges);
  const deviations = mixFor(set, best, { range: ranges.deviations, rows });
  const common = mixFor(set, best, { range: ranges.common, rows });
  const gainInErrors = gainOf(deviations.honest, deviations, models);
  const isTrusted = gainInErrors > gainInErrorsMin;
  const mixed = new Float32Array(set.values.length);
  paste(deviations.honest, mixed, ranges.deviations);
  paste(common.honest, mixed, ranges.common);
  const parts = best
    .map(({ learner, setting }, at) => ({
      learner,
      setting,
      deviationWeight: isTrusted ? (deviations.weights[at] ?? 0) : 0,
      commonWeight: common.weights[at] ?? 0,
    }))
    .filter((part) => Math.max(part.deviationWeight, part.commonWeight) >= weightMin);
  const label = best
    .map(({ learner }, at) => ({ learner, weight: deviations.weights[at] ?? 0 }))
    .filter(({ weight }) => weight >= weightMin)
    .map(({ learner, weight }) => `${weight.toFixed(2)} ${learner}`)
    .join(' + ');
  const named = [
    { learner: 'prior', label: 'mean of each model', predictions: mixed.map(() => 0) } as const,
    ...best,
    { learner: 'mixture', label, predictions: mixed } as const,
  ];
  const compared = named.map(({ learner, label: text, predictions }) => ({
    learner,
    label: text,
    predictions,
    deviationsExplained: explainedIn(set, predictions, ranges.deviations),
    commonExplained: explainedIn(set, predictions, ranges.common),
  }));
  return { parts, compared, gainInErrors, isTrusted };
}

interface FoldRows {
  readonly foldOf: Uint8Array;
  readonly folds: number;
}

interface Range {
  readonly from: number;
  readonly to: number;
  /** Targets of a row. */
  readonly count: number;
}

interface Choice {
  readonly values: Float32Array;
  readonly observed: Float32Array;
  readonly weights: readonly number[];
  readonly honest: Float32Array;
}

/** The setting of each learner that explains most, deviations and common part together. */
function bestSettings(
  set: LearningSet,
  outOfFold: readonly OutOfFold[],
  { deviations, common }: { readonly deviations: Range; readonly common: Range },
): OutOfFold[] {
  return learnerNames.flatMap((learner) => {
    const tried = outOfFold
      .filter((each) => each.learner === learner)
      .map((each) => ({
        each,
        explained:
          explainedIn(set, each.predictions, deviations) +
          explainedIn(set, each.predictions, common),
      }));
    const best = tried.toSorted((left, right) => right.explained - left.explained)[0];
    return best === undefined ? [] : [best.each];
  });
}

function mixFor(
  set: LearningSet,
  best: readonly OutOfFold[],
  { range, rows }: { readonly range: Range; readonly rows: FoldRows },
): Choice {
  const values = cut(set.values, range);
  const observed = cut(set.observed, range);
  const predictions = best.map((each) => cut(each.predictions, range));
  const problem = { predictions, values, observed };
  const honest = mixOutOfFold(problem, { ...rows, width: range.to - range.from });
  return { values, observed, weights: mixtureWeights(problem), honest };
}

function explainedIn(set: LearningSet, predictions: Predictions, range: Range): number {
  const goal = { values: cut(set.values, range), observed: cut(set.observed, range) };
  return explainedBy(cut(predictions, range), goal);
}

/** 1 − squared errors ÷ squared values. */
function explainedBy(
  predictions: Float32Array,
  { values, observed }: { readonly values: Float32Array; readonly observed: Float32Array },
): number {
  let errors = 0;
  let total = 0;
  for (let at = 0; at < values.length; at += 1) {
    const weight = observed[at] ?? 0;
    const value = values[at] ?? 0;
    errors += weight * (value - (predictions[at] ?? 0)) ** 2;
    total += weight * value * value;
  }
  return total > 0 ? 1 - errors / total : 0;
}

function mixOutOfFold(
  problem: { predictions: readonly Float32Array[]; values: Float32Array; observed: Float32Array },
  { foldOf, folds, width }: { foldOf: Uint8Array; folds: number; width: number },
): Float32Array {
  const out = new Float32Array(problem.values.length);
  for (let fold = 0; fold < folds; fold += 1) {
    const observed = problem.observed.map((weight, at) =>
      foldOf[Math.floor(at / width)] === fold ? 0 : weight,
    );
    const mixed = mix(problem.predictions, mixtureWeights({ ...problem, observed }));
    for (let at = 0; at < out.length; at += 1) {
      if (foldOf[Math.floor(at / width)] === fold) out[at] = mixed[at] ?? 0;
    }
  }
  return out;
}

/** How sure it is that squared errors shrank: their mean gain over its standard error. */
function gainOf(
  predictions: Float32Array,
  { values, observed }: Pick<Choice, 'values' | 'observed'>,
  width: number,
): number {
  const rows = width === 0 ? 0 : values.length / width;
  let sum = 0;
  let squares = 0;
  for (let row = 0; row < rows; row += 1) {
    let gain = 0;
    for (let at = row * width; at < (row + 1) * width; at += 1) {
      const value = values[at] ?? 0;
      const error = value - (predictions[at] ?? 0);
      gain += (observed[at] ?? 0) * (value * value - error * error);
    }
    sum += gain;
    squares += gain * gain;
  }
  const mean = sum / Math.max(1, rows);
  const variance = squares / Math.max(1, rows) - mean * mean;
  return variance > 0 ? mean / Math.sqrt(variance / rows) : 0;
}

function cut(values: Float32Array, { from, to, count }: Range): Float32Array {
  const rows = values.length / count;
  const width = to - from;
  const out = new Float32Array(rows * width);
  for (let row = 0; row < rows; row += 1) {
    out.set(values.subarray(row * count + from, row * count + to), row * width);
  }
  return out;
}

function paste(values: Float32Array, to: Float32Array, range: Range): void {
  const width = range.to - range.from;
  const rows = to.length / range.count;
  for (let row = 0; row < rows; row += 1) {
    to.set(values.subarray(row * width, (row + 1) * width), row * range.count + range.from);
  }
}
