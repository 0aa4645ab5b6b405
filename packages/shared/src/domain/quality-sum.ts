/** What people said of a model's answers to one kind of task, summed up. */
import type { TaskClass } from './task-class.ts';

/** Faded to the time of the last judgement. */
export interface QualitySum {
  readonly model: string;
  /** `undefined` for jobs whose task nobody knew. */
  readonly task: TaskClass | undefined;
  /** How many judgements, each counting less the older it is. */
  readonly count: number;
  /** Their scores together, faded likewise. */
  readonly scores: number;
}
