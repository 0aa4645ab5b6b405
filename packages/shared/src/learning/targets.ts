/**
 * What is learned for each prompt. Routing asks which model is better here, so the scores are
 * split: `common` is how well models do on the prompt altogether (how easy it is), and one
 * deviation for each model is how far it is above or below that. The two are as different to
 * predict as they are to use, so each gets its own weights in the mixture.
 */
import type { OutcomeTable } from './outcome-table.ts';

export interface Targets {
  /** Deviations of the models, then `common`. */
  readonly count: number;
  /** Row after row; 0 where there is none. */
  readonly values: Float32Array;
  /** 1 where a value was observed, else 0. */
  readonly observed: Float32Array;
  /** Mean score by model. */
  readonly means: Float32Array;
}

/** @param rows the prompts that count: targets are made for them, in their order. */
export function splitScores(table: OutcomeTable, rows: Int32Array): Targets {
  const models = table.models.length;
  const means = modelMeans(table, rows);
  const count = models + 1;
  const values = new Float32Array(rows.length * count);
  const observed = new Float32Array(rows.length * count);
  for (const [at, row] of rows.entries()) {
    const scores = table.scores.subarray(row * models, (row + 1) * models);
    const known = [...scores.keys()].filter((model) => !Number.isNaN(scores[model] ?? Number.NaN));
    if (known.length === 0) continue;
    const above = (model: number): number => (scores[model] ?? 0) - (means[model] ?? 0);
    const common = known.reduce((sum, model) => sum + above(model), 0) / known.length;
    values[at * count + models] = common;
    observed[at * count + models] = 1;
    // A prompt that one model alone answered says nothing about differences.
    if (known.length < 2 && models > 1) continue;
    for (const model of known) {
      values[at * count + model] = above(model) - common;
      observed[at * count + model] = 1;
    }
  }
  return { count, values, observed, means };
}

function modelMeans(table: OutcomeTable, rows: Int32Array): Float32Array {
  const models = table.models.length;
  const sums = new Float64Array(models);
  const counts = new Float64Array(models);
  for (const row of rows) {
    for (let model = 0; model < models; model += 1) {
      const score = table.scores[row * models + model] ?? Number.NaN;
      if (Number.isNaN(score)) continue;
      sums[model] = (sums[model] ?? 0) + score;
      counts[model] = (counts[model] ?? 0) + 1;
    }
  }
  return Float32Array.from(sums, (sum, model) => sum / Math.max(1, counts[model] ?? 0));
}
