/**
 * What lines of the ledger tell of the answers that models gave, as far as it is to be seen without
 * reading them: counts for each hour, model and kind of task. Whether an answer was right is not
 * among it, nor are attempts that the provider or the network failed.
 */
import type { LedgerLine } from '../domain/ledger-line.ts';
import { groupBy } from './group-by.ts';
import { hourMs } from './rollup-names.ts';

export const answerCounts = ['answers', 'malformed', 'refused', 'cut', 'retried'] as const;

/**
 * `answers`: all that were complete. Of these `malformed` missed their form, `refused` refused or
 * were filtered, `cut` ended at an output cap that nobody had made small. `retried`: jobs without
 * an answer of use that their caller had tried again.
 */
export type AnswerCounts = Readonly<Record<(typeof answerCounts)[number], number>>;

export interface AnswerRow extends AnswerCounts {
  /** Hours since 1970; of a day, its first one. */
  readonly hour: number;
  readonly model: string;
  /** '' where nobody knew. */
  readonly task: string;
}

/** No row, one, or two: a retry that ends tells of another model besides. */
export function answersOf(line: LedgerLine): readonly AnswerRow[] {
  const { at, model, task = '', retries, ends } = line;
  const rowOf = (of: string, counts: Partial<AnswerCounts>): AnswerRow => ({
    ...{ hour: Math.floor(at / hourMs), model: of, task },
    ...{ answers: 0, malformed: 0, refused: 0, cut: 0, retried: 0, ...counts },
  });
  const counts = line.kind === 'embeddings' ? undefined : countsOf(line);
  return [
    ...(counts === undefined ? [] : [rowOf(model, { answers: 1, ...counts })]),
    ...(retries === undefined || ends !== true ? [] : [rowOf(retries, { retried: 1 })]),
  ];
}

/** @returns `undefined` for an attempt that tells nothing of its model. */
function countsOf({ attempt }: LedgerLine): Partial<AnswerCounts> | undefined {
  if (attempt === undefined) return undefined;
  const { outcome, flaw } = attempt;
  if (outcome === 'malformed_output') return { malformed: 1 };
  if (outcome === 'content_filtered' || flaw === 'refusal') return { refused: 1 };
  if (outcome !== 'succeeded') return undefined;
  return flaw === 'cut' ? { cut: 1 } : {};
}

/** @param grain `day` forgets the hours: each row stands at its day's first one. */
export function mergeAnswers(
  rows: readonly AnswerRow[],
  grain: 'hour' | 'day',
): readonly AnswerRow[] {
  const atGrain = rows.map((row) =>
    grain === 'day' ? { ...row, hour: row.hour - (row.hour % 24) } : row,
  );
  const groups = groupBy(atGrain, ({ hour, model, task }) => JSON.stringify([hour, model, task]));
  return [...groups]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([, some]) => {
      const [first] = some;
      return first === undefined ? [] : [{ ...first, ...sumAnswers(some) }];
    });
}

export function sumAnswers(rows: readonly AnswerCounts[]): AnswerCounts {
  const sums = { answers: 0, malformed: 0, refused: 0, cut: 0, retried: 0 };
  for (const row of rows) for (const name of answerCounts) sums[name] += row[name];
  return sums;
}
