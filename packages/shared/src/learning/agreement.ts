/**
 * How sure it is that predictions go the way of the scores. For each prompt the product of what was
 * predicted and what was observed is positive where they agree; the sum of these products, by its
 * standard error, is the agreement. It asks for the order alone: predictions that are ten times too
 * large agree as well as others, and the weights of the mixture bring them down. Squared errors
 * would need four times the prompts to see the same signal.
 */
import type { LearningSet, Predictions } from './learners.ts';

/** The targets of a row that are looked at. */
export interface TargetRange {
  readonly from: number;
  readonly to: number;
}

/** Sums over the prompts of each fold, so that any fold can be left out of the count. */
export interface FoldAgreement {
  readonly sums: Float64Array;
  readonly squares: Float64Array;
}

export function agreementByFold(
  set: LearningSet,
  predictions: Predictions,
  { range, foldOf, folds }: { range: TargetRange; foldOf: Uint8Array; folds: number },
): FoldAgreement {
  const { values, observed, count } = set;
  const sums = new Float64Array(folds);
  const squares = new Float64Array(folds);
  for (const [row, fold] of foldOf.entries()) {
    let product = 0;
    for (let at = row * count + range.from; at < row * count + range.to; at += 1) {
      product += (observed[at] ?? 0) * (values[at] ?? 0) * (predictions[at] ?? 0);
    }
    sums[fold] = (sums[fold] ?? 0) + product;
    squares[fold] = (squares[fold] ?? 0) + product * product;
  }
  return { sums, squares };
}

/** @returns in standard errors; 0 where nothing was predicted. */
export function agreementWithout({ sums, squares }: FoldAgreement, left?: number): number {
  const total = (parts: Float64Array): number =>
    parts.reduce((sum, part, fold) => (fold === left ? sum : sum + part), 0);
  const square = total(squares);
  return square > 0 ? total(sums) / Math.sqrt(square) : 0;
}
