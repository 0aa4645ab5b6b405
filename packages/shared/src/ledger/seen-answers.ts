/**
 * What lines of the ledger tell of how good answers were, for `routing/learned-quality.ts`: of each
 * model and kind of task how many there were, and how many of these were of no use.
 */
import type { LedgerLine } from '../domain/ledger-line.ts';
import type { QualitySignal } from '../domain/quality-sum.ts';
import { type AnswerCounts, answersOf } from './answer-rows.ts';
import { groupBy } from './group-by.ts';

/** An answer that was cut has a part that may be of use. */
const flawOfCut = 0.5;

/** Sums of users that one segment adds to: each costs the store some microseconds at once. */
export const userSignalsMax = 500;

/**
 * For each tenant, model and task, and again for each of its users; where these are too many, for
 * those with the most answers.
 */
export function seenAnswers(lines: readonly LedgerLine[]): readonly QualitySignal[] {
  const seen = lines.flatMap(signalsOf);
  const ofTenants = seen.map((signal) => ({ ...signal, user: undefined }));
  const ofUsers = sumUp(seen.filter(({ user }) => user !== undefined));
  const mostFirst = ofUsers.toSorted((left, right) => right.attempts - left.attempts);
  return [...sumUp(ofTenants), ...mostFirst.slice(0, userSignalsMax)];
}

function sumUp(signals: readonly QualitySignal[]): readonly QualitySignal[] {
  const groups = groupBy(signals, ({ tenant, user, model, task }) =>
    JSON.stringify([tenant, user, model, task]),
  );
  return [...groups.values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    const flaws = some.reduce((sum, signal) => sum + signal.flaws, 0);
    return [{ ...first, attempts: some.length, flaws }];
  });
}

function signalsOf(line: LedgerLine): readonly QualitySignal[] {
  const { tenant, user, task } = line;
  return answersOf(line).map((row) => ({
    ...{ tenant, user, model: row.model, task },
    ...{ attempts: 1, flaws: flawsOf(row) },
  }));
}

/** Who had a job tried again had wanted an answer: what was of no use was so to somebody. */
function flawsOf({ malformed, refused, cut, retried }: AnswerCounts): number {
  return malformed + refused + retried + flawOfCut * cut;
}
