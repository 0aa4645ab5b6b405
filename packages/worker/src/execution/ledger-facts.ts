/** What the ledger keeps of an answered attempt beside its cost: for analytics only. */
import type { AttemptEnd, JobRecord } from '@forebay/shared/domain/job';

export type LedgerFacts = Pick<AttemptEnd, 'firstByteMs' | 'dearestNanoUsd'>;

/** @param firstByteMs `undefined` when nobody saw one. */
export function ledgerFacts(record: JobRecord, firstByteMs: number | undefined): LedgerFacts {
  const expected = record.plan.candidates.map(({ expectedNanoUsd }) => Number(expectedNanoUsd));
  // Amounts are below 2^53, as every one of ours is.
  const dearest = Math.max(0, ...expected);
  return {
    ...(firstByteMs === undefined ? {} : { firstByteMs: Math.round(firstByteMs) }),
    ...(expected.length === 0 ? {} : { dearestNanoUsd: dearest.toString() }),
  };
}
