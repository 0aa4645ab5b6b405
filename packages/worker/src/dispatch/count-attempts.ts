/** What a job has been through, as its limits count it. */
import type { JobRecord } from '@forebay/shared/domain/job';
import { ruleOf } from '@forebay/shared/domain/outcome';
import type { AttemptSettlement } from '@forebay/shared/ports/job-store';

/** Attempts after which another one may pay twice for the same answer. */
export function riskyEnds(record: JobRecord, settlement: AttemptSettlement): number {
  const earlier = record.attempts.filter(
    ({ fence, end }) => fence !== settlement.fence && end !== undefined && isRisky(end),
  ).length;
  return earlier + (isRisky(settlement.end) ? 1 : 0);
}

/**
 * Nobody knows what was done, or a charged answer was of no use. A hand-back of a call that had
 * been sent is that too: it costs no attempt, but the money may be gone.
 */
export function isRisky({ outcome, ambiguity }: AttemptSettlement['end']): boolean {
  if (outcome === 'succeeded') return false;
  const { next } = ruleOf(outcome);
  if (next === 'if_to_move_on') return true;
  return next === 'risk_retry' || (next === 'free_retry' && ambiguity === 'unknown');
}

/** Counted attempts by model, the one that just ended included. */
export function countByModel(
  record: JobRecord,
  settlement: AttemptSettlement | undefined,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const attempt of record.attempts) {
    const counted =
      attempt.fence === settlement?.fence ? settlement.end.counted : attempt.end?.counted;
    if (counted ?? false) counts.set(attempt.model, (counts.get(attempt.model) ?? 0) + 1);
  }
  return counts;
}

export function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
