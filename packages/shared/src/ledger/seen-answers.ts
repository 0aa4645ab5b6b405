/**
 * What lines of the ledger tell of how good answers were, for `routing/learned-quality.ts`: of each
 * model and kind of task how many there were, and how many of these were of no use. Whether one was
 * right is not to be seen; nor is that of an attempt which the provider or the network failed.
 */
import type { LedgerLine } from '../domain/ledger-line.ts';
import type { QualitySignal } from '../domain/quality-sum.ts';
import { groupBy } from './group-by.ts';

/** An answer that was cut has a part that may be of use. */
const flawOfCut = 0.5;

/** For each tenant, model and task, and again for each of its users. */
export function seenAnswers(lines: readonly LedgerLine[]): readonly QualitySignal[] {
  const seen = lines.flatMap((line) => [...ofAttempt(line), ...ofRetry(line)]);
  const ofUsers = seen.filter(({ user }) => user !== undefined);
  const ofTenants = seen.map((signal) => ({ ...signal, user: undefined }));
  const groups = groupBy([...ofTenants, ...ofUsers], ({ tenant, user, model, task }) =>
    JSON.stringify([tenant, user, model, task]),
  );
  return [...groups.values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    const flaws = some.reduce((sum, signal) => sum + signal.flaws, 0);
    return [{ ...first, attempts: some.length, flaws }];
  });
}

function ofAttempt(line: LedgerLine): readonly QualitySignal[] {
  const flaws = line.kind === 'embeddings' ? undefined : flawsOf(line);
  return flaws === undefined ? [] : [signal(line, line.model, flaws)];
}

/** @returns `undefined` for an attempt that tells nothing of its model. */
function flawsOf({ attempt }: LedgerLine): number | undefined {
  switch (attempt?.outcome) {
    case 'malformed_output':
    case 'content_filtered':
      return 1;
    case 'succeeded':
      if (attempt.flaw === undefined) return 0;
      return attempt.flaw === 'cut' ? flawOfCut : 1;
    default:
      return undefined;
  }
}

/** Who has a job tried again had wanted an answer. Told once, when the retry ends. */
function ofRetry(line: LedgerLine): readonly QualitySignal[] {
  const { retries, ends } = line;
  return retries === undefined || ends !== true ? [] : [signal(line, retries, 1)];
}

function signal({ tenant, user, task }: LedgerLine, model: string, flaws: number): QualitySignal {
  return { tenant, user, model, task, attempts: 1, flaws };
}
