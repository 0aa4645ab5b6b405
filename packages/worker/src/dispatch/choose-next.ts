/** Where a job goes after a failed attempt that leaves it another one. */
import { limits } from '@forebay/shared/domain/limits';
import { type ErrorClass, ruleOf } from '@forebay/shared/domain/outcome';
import type { RoutePlan } from '@forebay/shared/domain/route-plan';
import { sumOf } from './count-attempts.ts';
import { endWith, type LastEnd } from './end-move.ts';
import { cutPause, lanePauseMs } from './lane-pause.ts';
import type { DecideInput, NextMove } from './next-move.ts';
import { type Picked, pickCandidate } from './pick-candidate.ts';
import { type Failure, replan } from './replan-job.ts';

export function chooseNext(input: DecideInput, failure: Failure): NextMove {
  const { record, nowMs } = input;
  const { errorClass } = failure;
  const plan = replan(input, failure);
  const pauseMs = pauseAfter(input, errorClass);
  const picked = pickCandidate({ ...input, plan, errorClass, pauseMs });
  if (picked === undefined) return nothingLeft(plan, failure);
  const { candidate } = picked;
  const delayMs = delayFor(input, failure, picked);
  if (nowMs + delayMs >= record.deadlineAtMs) {
    const isPaused = nowMs + picked.pausedMs >= record.deadlineAtMs;
    return endWith('failed', isPaused ? 'paused_past_deadline' : 'provider_error', endOf(failure));
  }
  const seen = describeFailure(input, failure);
  const attempt = sumOf(failure.counted) + 1;
  return {
    kind: 'move',
    candidate,
    plan,
    delayMs,
    whyChosen: `after ${record.model}: ${seen}; ${candidate.reason}`,
    reason: {
      code: candidate.model === record.model ? 'retrying' : 'reassigned',
      text: [
        `reassigned: ${seen}, attempt ${attempt} of ${limits.attemptsMax}`,
        ...(picked.areAllPaused ? [describeWait(candidate.model, nowMs + delayMs)] : []),
      ].join('; '),
    },
  };
}

/** Such as `the provider limits the rate (429), it asked for 1h, 10m are granted`. */
function describeFailure({ why }: DecideInput, { errorClass, settlement }: Failure): string {
  const { ambiguity, error } = settlement.end;
  const { text } = ruleOf(errorClass, ambiguity);
  const status = error?.status;
  const seen = status === undefined ? text : `${text} (${status})`;
  const asked = why.kind === 'attempt_failed' ? cutPause(errorClass, why.retryAfterMs) : undefined;
  return asked === undefined ? seen : `${seen}, ${asked}`;
}

function describeWait(model: string, untilMs: number): string {
  const until = new Date(untilMs).toISOString();
  return `waiting: every candidate is paused, ${model} is the first to recover, at ${until}`;
}

/** How long the lane that failed will be paused; ease-lane.ts pauses it so. */
function pauseAfter({ why }: DecideInput, errorClass: ErrorClass): number {
  return why.kind === 'attempt_failed' ? lanePauseMs(errorClass, why.retryAfterMs) : 0;
}

const firstDelayMs = 250;
const longestDelayMs = 10_000;
/** Jobs that wait for one moment come a little apart, but not much later than they were told. */
const spreadMsMax = 1_000;

/** How long the job waits before its next attempt: a model not tried yet starts at once. */
function delayFor(input: DecideInput, failure: Failure, picked: Picked): number {
  const tries = failure.counted.get(picked.candidate.model) ?? 0;
  // A worker that left says nothing against the provider.
  const { errorClass } = failure;
  const isOurs = errorClass === 'lost_lease' || ruleOf(errorClass).next === 'free_retry';
  const isFresh = tries === 0 || isOurs;
  const backOffMs = isFresh ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (tries - 1));
  const wishedMs = Math.max(picked.pausedMs, backOffMs);
  const leftMs = Math.max(0, input.record.deadlineAtMs - input.nowMs - wishedMs);
  // Who comes in time alone comes in time with others, too.
  const spreadMs = Math.min(wishedMs / 4, spreadMsMax, leftMs / 2);
  return Math.round(wishedMs) + Math.floor(input.jitter * spreadMs);
}

function endOf({ errorClass, settlement }: Failure): LastEnd {
  return { errorClass, ambiguity: settlement.end.ambiguity };
}

function nothingLeft(plan: RoutePlan, failure: Failure): NextMove {
  const last = endOf(failure);
  const codes = plan.exclusions.map(({ code }) => code);
  if (codes.includes('over_budget')) return endWith('failed', 'budget_exceeded', last);
  if (codes.includes('over_ceiling')) return endWith('failed', 'cost_ceiling_exceeded', last);
  // As a fact, and not only as a doubt, this says that a pause ends too late.
  if (codes.includes('cannot_meet_deadline')) {
    return endWith('failed', 'paused_past_deadline', last);
  }
  return endWith('failed', 'provider_error', last);
}
