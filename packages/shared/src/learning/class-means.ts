/** The plainest of all predictions: what is usual for prompts of the same task class. */
import { type TaskClass, taskClasses } from '../domain/task-class.ts';

/** Prompts of a class that weigh as much as the mean of all. */
const shrink = 20;

export interface ClassTargets {
  readonly classes: readonly TaskClass[];
  readonly values: Float32Array;
  readonly observed: Float32Array;
  readonly count: number;
}

/** @returns class after class in the order of `taskClasses`, one mean for each target. */
export function classMeans({ classes, values, observed, count }: ClassTargets): Float32Array {
  const sums = new Float64Array(taskClasses.length * count);
  const weights = new Float64Array(sums.length).fill(shrink);
  for (const [row, name] of classes.entries()) {
    const to = taskClasses.indexOf(name) * count;
    for (let target = 0; target < count; target += 1) {
      const weight = observed[row * count + target] ?? 0;
      sums[to + target] = (sums[to + target] ?? 0) + weight * (values[row * count + target] ?? 0);
      weights[to + target] = (weights[to + target] ?? 0) + weight;
    }
  }
  return Float32Array.from(sums, (sum, at) => sum / (weights[at] ?? 1));
}
