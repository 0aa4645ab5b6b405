/**
 * Decides what becomes of a job whose attempt failed or whose place was lost. Pure: the record,
 * the failure, the catalog and the live figures in, one move out. Acting is `reassign-job.ts`.
 *
 * The order of the questions is the order of what is hardest to forgive: the caller's word and
 * the clock first, then workers that died, then money that may be paid twice, then attempts, then
 * whether any model is left.
 */
import { limits } from '@forebay/shared/domain/limits';
import { type ErrorClass, ruleOf } from '@forebay/shared/domain/outcome';
import type { AttemptSettlement } from '@forebay/shared/ports/job-store';
import { chooseNext } from './choose-next.ts';
import { countByModel, isRisky, riskyEnds, sumOf } from './count-attempts.ts';
import { endWith } from './end-move.ts';
import { findAffordable, leaveLane, promote, takeNewTicket } from './move-waiting.ts';
import type { DecideInput, NextMove } from './next-move.ts';
import { tellMiss } from './tell-miss.ts';

export function decideNext(input: DecideInput): NextMove {
  const { why, record } = input;
  switch (why.kind) {
    case 'deadline':
      return endWith('expired', 'deadline_exceeded', undefined);
    case 'over_ceiling':
      return findAffordable(input, 'cost_ceiling_exceeded');
    case 'over_budget':
      // The second look, if it is one, knows better what is left.
      return findAffordable({ shortage: why.shortage, ...input }, 'budget_exceeded');
    case 'lane_closed':
      return leaveLane(input, why);
    case 'overloaded':
      return promote(input, why);
    case 'ticket_stuck':
      return takeNewTicket(input);
    case 'lost_lease':
      if (record.workerDeaths + 1 >= limits.workerDeathsMax) {
        return endWith('failed', 'quarantined', 'lost_lease');
      }
      return afterFailure(input, 'lost_lease', why.settlement);
    case 'attempt_failed':
      return afterAttempt(input, why.settlement);
  }
}

function afterAttempt(input: DecideInput, settlement: AttemptSettlement): NextMove {
  const { outcome } = settlement.end;
  if (outcome === 'cancelled') return endWith('cancelled', 'cancelled', outcome);
  if (outcome === 'deadline') return endWith('expired', 'deadline_exceeded', outcome);
  if (outcome === 'succeeded') throw new Error('a succeeded attempt is settled, not reassigned');
  const move = afterFailure(input, outcome, settlement);
  return outcome === 'malformed_output' ? tellMiss(move, settlement) : move;
}

function afterFailure(
  input: DecideInput,
  errorClass: ErrorClass,
  settlement: AttemptSettlement,
): NextMove {
  const { record } = input;
  const { ambiguity } = settlement.end;
  const last = { errorClass, ambiguity };
  const { next } = ruleOf(errorClass, ambiguity);
  const { fallbackOnFilter, onMiss } = record.spec;
  const isLast =
    next === 'fail' ||
    (next === 'if_opted_in' && !fallbackOnFilter) ||
    (next === 'if_to_move_on' && onMiss === 'fail');
  if (errorClass === 'payload_unreadable') return endWith('failed', errorClass, errorClass);
  if (isLast) return endWith('failed', 'provider_error', last);
  // Nothing could be tried any more, so what the last attempt did is not why the job ends.
  if (input.nowMs >= record.deadlineAtMs) return endWith('expired', 'deadline_exceeded', last);
  if (isRisky(settlement.end) && riskyEnds(record, settlement) > record.spec.riskRetries) {
    return endWith('failed', 'ambiguous_attempts_exhausted', last);
  }
  const counted = countByModel(record, settlement);
  if (sumOf(counted) >= limits.attemptsMax) return endWith('failed', 'attempts_exhausted', last);
  return chooseNext(input, { errorClass, settlement, counted });
}
