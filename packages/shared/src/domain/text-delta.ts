/** Pieces of an answer that are shown while it is still being written. */

/** Where a piece belongs. Tool calls are not among them: half of one is of no use to anybody. */
export const textFields = ['content', 'reasoning', 'refusal'] as const;

export type TextField = (typeof textFields)[number];

/** Text that is to be appended to what came before for the same choice and field. */
export interface TextDelta {
  /** Index of the choice, from 0. */
  readonly choice: number;
  readonly field: TextField;
  readonly text: string;
}
