/** How much each of several predictions should count: least squares without negative weights. */

export interface MixtureProblem {
  /** One list of predictions for each part, all for the same values. */
  readonly predictions: readonly Float32Array[];
  readonly values: Float32Array;
  /** 0 leaves a value out. */
  readonly observed: Float32Array;
}

const sweeps = 200;
/**
 * Of the largest diagonal: parts that say the same share a weight instead of taking turns, and
 * all of them are drawn to 0 a little, which costs nothing where they are right.
 */
const ridgeShare = 0.1;

/** @returns one weight from 0 up for each part; all 0 where nothing helps. */
export function mixtureWeights({ predictions, values, observed }: MixtureProblem): number[] {
  const gram = predictions.map((left) =>
    predictions.map((right) => weightedDot(left, right, observed)),
  );
  const goals = predictions.map((part) => weightedDot(part, values, observed));
  const most = Math.max(1e-12, ...gram.map((row, at) => row[at] ?? 0));
  const weights = predictions.map(() => 0);
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    for (const [at, row] of gram.entries()) {
      const others = row.reduce(
        (sum, value, other) => (other === at ? sum : sum + value * (weights[other] ?? 0)),
        0,
      );
      const diagonal = (row[at] ?? 0) + ridgeShare * most;
      weights[at] = Math.max(0, ((goals[at] ?? 0) - others) / diagonal);
    }
  }
  return weights;
}

/** The sum of parts by their weights. */
export function mix(
  predictions: readonly Float32Array[],
  weights: readonly number[],
): Float32Array {
  const sum = new Float32Array(predictions[0]?.length ?? 0);
  for (const [part, prediction] of predictions.entries()) {
    const weight = weights[part] ?? 0;
    if (weight === 0) continue;
    for (let at = 0; at < sum.length; at += 1) {
      sum[at] = (sum[at] ?? 0) + weight * (prediction[at] ?? 0);
    }
  }
  return sum;
}

function weightedDot(left: Float32Array, right: Float32Array, weights: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < left.length; at += 1) {
    sum += (left[at] ?? 0) * (right[at] ?? 0) * (weights[at] ?? 0);
  }
  return sum;
}
