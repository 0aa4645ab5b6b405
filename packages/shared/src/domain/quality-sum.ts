/** What is known of a model's answers to one kind of task, summed up. */
import type { TaskClass } from './task-class.ts';

/** What was said and what was seen are each faded to the last time that there was more of it. */
export interface QualitySum {
  readonly model: string;
  /** `undefined` for jobs whose task nobody knew. */
  readonly task: TaskClass | undefined;
  /** How many judgements, each counting less the older it is. */
  readonly count: number;
  /** Their scores together, faded likewise. */
  readonly scores: number;
  /** What the answers themselves showed; absent where none was seen. */
  readonly seen?: SeenAnswers;
}

/** Faded like judgements. */
export interface SeenAnswers {
  readonly attempts: number;
  /** How many of these were of no use, as far as one can tell without reading them. */
  readonly flaws: number;
}

/** More of them, of a tenant. */
export interface QualitySignal extends SeenAnswers {
  readonly tenant: string;
  /** Of one user of the tenant; `undefined` for all jobs of the tenant. */
  readonly user: string | undefined;
  readonly model: string;
  readonly task: TaskClass | undefined;
}
