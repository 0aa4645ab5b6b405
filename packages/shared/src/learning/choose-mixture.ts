/**
 * Compares the learners by what they said of prompts that they had not seen, picks a setting for
 * each, and mixes them. Deviations and the common part are weighted apart. The mixture is judged
 * out of fold as well: its settings and weights for a fold come from the others.
 */
import { agreementByFold, agreementWithout, type FoldAgreement } from './agreement.ts';
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
  /** How surely its deviations go the way of the scores, in standard errors; 0 for the prior. */
  readonly agreement: number;
  /** What it said of each prompt out of fold. */
  readonly predictions: Predictions;
}

export interface Mixture {
  readonly parts: readonly MixturePart[];
  readonly compared: readonly ComparedLearner[];
  /** Of the mixture's deviations with the scores, out of fold, in standard errors. */
  readonly agreement: number;
  /** Whether the deviations are worth more than chance; else the means of the models hold. */
  readonly isTrusted: boolean;
}

/** An agreement within this many standard errors may well be chance: then the prior holds. */
const agreementMin = 1;
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
  const tried = outOfFold.map((candidate) => {
    const range = ranges.deviations;
    return { candidate, byFold: agreementByFold(set, candidate.predictions, { range, ...rows }) };
  });
  const best = bestSettings(tried);
  const folds = Array.from({ length: rows.folds }, (_, fold) => bestSettings(tried, fold));
  const deviations = mixFor(set, { best, folds, range: ranges.deviations, rows });
  const common = mixFor(set, { best, folds, range: ranges.common, rows });
  const mixed = new Float32Array(set.values.length);
  paste(deviations.honest, mixed, ranges.deviations);
  paste(common.honest, mixed, ranges.common);
  const agreementOf = (predictions: Predictions): number =>
    agreementWithout(agreementByFold(set, predictions, { range: ranges.deviations, ...rows }));
  const agreement = agreementOf(mixed);
  const trust = trustIn(agreement);
  const parts = best
    .map(({ learner, setting }, at) => ({
      learner,
      setting,
      deviationWeight: trust * (deviations.weights[at] ?? 0),
      commonWeight: common.weights[at] ?? 0,
    }))
    .filter((part) => Math.max(part.deviationWeight, part.commonWeight) >= weightMin);
  const named = [
    { learner: 'prior', label: 'mean of each model', predictions: mixed.map(() => 0) } as const,
    ...best,
    { learner: 'mixture', label: labelOf(best, deviations.weights), predictions: mixed } as const,
  ];
  const compared = named.map(({ learner, label, predictions }) => ({
    learner,
    label,
    predictions,
    deviationsExplained: explainedIn(set, predictions, ranges.deviations),
    commonExplained: explainedIn(set, predictions, ranges.common),
    agreement: agreementOf(predictions),
  }));
  return { parts, compared, agreement, isTrusted: trust > 0 };
}

/**
 * How much of the weights remains: chance alone would give an agreement of about 1, so that much
 * is taken off its square. Strong evidence loses next to nothing.
 */
function trustIn(agreement: number): number {
  return agreement > agreementMin ? 1 - (agreementMin / agreement) ** 2 : 0;
}

function labelOf(best: readonly OutOfFold[], weights: readonly number[]): string {
  return best
    .map(({ learner }, at) => ({ learner, weight: weights[at] ?? 0 }))
    .filter(({ weight }) => weight >= weightMin)
    .map(({ learner, weight }) => `${weight.toFixed(2)} ${learner}`)
    .join(' + ');
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
  readonly weights: readonly number[];
  readonly honest: Float32Array;
}

interface Tried {
  readonly candidate: OutOfFold;
  readonly byFold: FoldAgreement;
}

/**
 * The setting of each learner whose deviations agree best with the scores: routing depends on them
 * alone. What prompts have in common is far easier to predict, and would choose for both.
 */
function bestSettings(tried: readonly Tried[], leftFold?: number): OutOfFold[] {
  const agreement = ({ byFold }: Tried): number => agreementWithout(byFold, leftFold);
  return learnerNames.flatMap((learner) => {
    const own = tried.filter(({ candidate }) => candidate.learner === learner);
    const best = own.toSorted((left, right) => agreement(right) - agreement(left))[0];
    return best === undefined ? [] : [best.candidate];
  });
}

interface MixRequest {
  readonly best: readonly OutOfFold[];
  /** The settings that are best when a fold is left out. */
  readonly folds: readonly (readonly OutOfFold[])[];
  readonly range: Range;
  readonly rows: FoldRows;
}

function mixFor(set: LearningSet, { best, folds, range, rows }: MixRequest): Choice {
  const values = cut(set.values, range);
  const observed = cut(set.observed, range);
  const cutAll = (chosen: readonly OutOfFold[]): Float32Array[] =>
    chosen.map((each) => cut(each.predictions, range));
  const width = range.to - range.from;
  const honest = new Float32Array(values.length);
  for (const [fold, chosen] of folds.entries()) {
    const isHeld = (at: number): boolean => rows.foldOf[Math.floor(at / width)] === fold;
    const predictions = cutAll(chosen);
    const others = observed.map((weight, at) => (isHeld(at) ? 0 : weight));
    const mixed = mix(predictions, mixtureWeights({ predictions, values, observed: others }));
    for (const [at, value] of mixed.entries()) if (isHeld(at)) honest[at] = value;
  }
  return { weights: mixtureWeights({ predictions: cutAll(best), values, observed }), honest };
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
