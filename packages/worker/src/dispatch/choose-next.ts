/** Where a job goes after a failed attempt that leaves it another one. */
import { limits } from '@forebay/shared/domain/limits';
import { type ErrorClass, ruleOf } from '@forebay/shared/domain/outcome';
import type { RouteCandidate, RoutePlan } from '@forebay/shared/domain/route-plan';
import { sumOf } from './count-attempts.ts';
import { endWith } from './end-move.ts';
import { lanePauseMs } from './lane-pause.ts';
import type { DecideInput, NextMove } from './next-move.ts';
import { pickCandidate } from './pick-candidate.ts';
import { type Failure, replan } from './replan-job.ts';

export function chooseNext(input: DecideInput, failure: Failure): NextMove {
  const { record } = input;
  const plan = replan(input, failure);
  const candidate = pickCandidate({
    record,
    plan,
    errorClass: failure.errorClass,
    pauseMs: pauseAfter(input, failure.errorClass),
    catalog: input.catalog,
    live: input.live,
  });
  if (candidate === undefined) return nothingLeft(plan, failure.errorClass);
  const delayMs = delayFor(input, failure, candidate);
  if (input.nowMs + delayMs >= record.deadlineAtMs) {
    return endWith('failed', 'provider_error', failure.errorClass);
  }
  const text = ruleOf(failure.errorClass).text;
  const status = failure.settlement.end.error?.status;
  const seen = status === undefined ? text : `${text} (${status})`;
  const attempt = sumOf(failure.counted) + 1;
  return {
    kind: 'move',
    candidate,
    plan,
    delayMs,
    whyChosen: `after ${record.model}: ${seen}; ${candidate.reason}`,
    reason: {
      code: candidate.model === record.model ? 'retrying' : 'reassigned',
      text: `reassigned: ${seen}, attempt ${attempt} of ${limits.attemptsMax}`,
    },
  };
}

/** How long the lane that failed will be paused; `easeLane` in reassign-job.ts pauses it so. */
function pauseAfter({ why }: DecideInput, errorClass: ErrorClass): number {
  return why.kind === 'attempt_failed' ? lanePauseMs(errorClass, why.retryAfterMs) : 0;
}

const firstDelayMs = 250;
const longestDelayMs = 10_000;

/** How long the job waits before its next attempt: a model not tried yet starts at once. */
function delayFor(input: DecideInput, failure: Failure, candidate: RouteCandidate): number {
  const { record } = input;
  const tries = failure.counted.get(candidate.model) ?? 0;
  // A worker that left says nothing against the provider.
  const { errorClass } = failure;
  const isOurs = errorClass === 'lost_lease' || ruleOf(errorClass).next === 'free_retry';
  if (tries === 0 || isOurs) return 0;
  const asked = candidate.model === record.model ? pauseAfter(input, errorClass) : 0;
  const backOffMs = Math.min(longestDelayMs, firstDelayMs * 2 ** (tries - 1));
  const wished = Math.max(Math.min(asked, limits.lanePauseMsMax), backOffMs);
  return Math.round(wished * (1 + input.jitter / 4));
}

function nothingLeft(plan: RoutePlan, errorClass: ErrorClass): NextMove {
  const codes = plan.exclusions.map(({ code }) => code);
  if (codes.includes('over_budget')) return endWith('failed', 'budget_exceeded', errorClass);
  const tooDear = codes.includes('over_ceiling');
  return endWith('failed', tooDear ? 'cost_ceiling_exceeded' : 'provider_error', errorClass);
}
