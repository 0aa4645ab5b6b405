/** Outcomes as a table: one row for each prompt, one column for each model. */
import type { TaskClass } from '../domain/task-class.ts';
import type { PromptFeatures } from './prompt-features.ts';

export interface OutcomeTable {
  /** In the order of their names. */
  readonly models: readonly string[];
  readonly prompts: readonly TablePrompt[];
  /** Prompt after prompt, one score from 0 to 1 for each model; NaN where there is none. */
  readonly scores: Float32Array;
  /** In the same places: US dollars; NaN where there is none. */
  readonly costsUsd: Float64Array;
}

export interface TablePrompt {
  /** 16 hexadecimal digits of the prompt's digest: tells that two are the same, and no more. */
  readonly hash: string;
  readonly features: PromptFeatures;
  readonly class: TaskClass;
  /** A guess, for prices. */
  readonly inputTokens: number;
}

/** The number of all of them, in order. */
export function allRows(table: OutcomeTable): Int32Array {
  return Int32Array.from(table.prompts.keys());
}
