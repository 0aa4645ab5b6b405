/** The end of a job whose last answer had not the form that it asks for. */
import type { JobErrorCode } from '@forebay/shared/domain/error-catalog';
import type { AttemptSettlement } from '@forebay/shared/ports/job-store';
import type { NextMove } from './next-move.ts';

/** Ends that only say that nothing more was tried name the miss itself, and where it is. */
const plainEnds: readonly JobErrorCode[] = [
  'provider_error',
  'attempts_exhausted',
  'ambiguous_attempts_exhausted',
];

/** @param settlement of an attempt whose answer has not the form that the job asks for. */
export function tellMiss(move: NextMove, settlement: AttemptSettlement): NextMove {
  if (move.kind !== 'end' || !plainEnds.includes(move.error.code)) return move;
  const told = settlement.end.error?.message ?? 'it has not the form that was asked for';
  const message = `The answer was complete and is charged, but cannot be used: ${told}.`;
  return { ...move, error: { code: 'malformed_output', message, class: 'malformed_output' } };
}
