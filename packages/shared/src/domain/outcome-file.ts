/** Files of graded outcomes, and what they add to the judgements of a tenant. */
import type { TaskClass } from './task-class.ts';

/** A file, by its lines: the first so many, and their digest. */
export interface OutcomeFile {
  readonly lines: number;
  /** Hexadecimal. */
  readonly digest: string;
}

/** A file that was counted. */
export interface CountedFile extends OutcomeFile {
  /** The most that an outcome of it, or of a file that it grew from, counted as. */
  readonly weight: number;
  /** How much of that is left, from 0 to 1: judgements fade. */
  readonly share: number;
}

/** What is added to the judgements of a model at a task. */
export interface OutcomeSum {
  readonly model: string;
  readonly task: TaskClass;
  /** How many judgements. */
  readonly count: number;
  /** Their scores together. */
  readonly scores: number;
}
