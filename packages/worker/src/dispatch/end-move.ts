/** Ends of jobs that no move could save, with what their callers read. */
import type { JobErrorCode } from '@forebay/shared/domain/error-catalog';
import type { TerminalJobState } from '@forebay/shared/domain/job-state';
import { limits } from '@forebay/shared/domain/limits';
import { type Ambiguity, type ErrorClass, ruleOf } from '@forebay/shared/domain/outcome';
import type { NextMove } from './next-move.ts';

/** How the last attempt ended. */
export interface LastEnd {
  readonly errorClass: ErrorClass;
  readonly ambiguity: Ambiguity;
}

/** @param last the end of the last attempt, if there was one; its class where that says it all. */
export function endWith(
  to: TerminalJobState,
  code: JobErrorCode,
  last: LastEnd | ErrorClass | undefined,
): NextMove {
  const { errorClass, ambiguity } =
    typeof last === 'object' ? last : { errorClass: last, ambiguity: undefined };
  const text = errorClass === undefined ? '' : ruleOf(errorClass, ambiguity).text;
  const cause = text === '' ? '' : `Last attempt: ${text}.`;
  const message = errorTexts[code] ?? `${summaries[code] ?? code}. ${cause}`.trim();
  return { kind: 'end', to, error: { code, message, class: errorClass } };
}

const errorTexts: Readonly<Partial<Record<JobErrorCode, string>>> = {
  deadline_exceeded: 'The deadline passed before an answer was complete.',
  cancelled: 'The caller cancelled the job.',
  payload_unreadable: 'The stored request of the job is gone or damaged; nothing was sent.',
  quarantined: 'Two workers died while they ran this job; it is not given to a third.',
};

const summaries: Readonly<Partial<Record<JobErrorCode, string>>> = {
  provider_error: 'The attempt failed and no other model was allowed or left',
  attempts_exhausted: `All ${limits.attemptsMax} attempts failed`,
  ambiguous_attempts_exhausted:
    'Attempts ended without a known result, and another one would risk paying twice',
  cost_ceiling_exceeded: 'What is left of the cost ceiling buys no further attempt',
  budget_exceeded: 'What is left of a budget buys no further attempt',
  paused_past_deadline: 'Every model that is left is paused until after the deadline',
  no_eligible_model: 'The model is no longer configured, and no other one can take the job',
};
