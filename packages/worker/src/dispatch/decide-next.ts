/**
 * Decides what becomes of a job whose attempt failed or whose place was lost. Pure: the record,
 * the failure, the catalog and the live figures in, one move out. Acting is `reassign-job.ts`.
 *
 * The order of the questions is the order of what is hardest to forgive: the caller's word and
 * the clock first, then workers that died, then money that may be paid twice, then attempts, then
 * whether any model is left.
 */
import type { JobErrorCode } from '@forebay/shared/domain/error-catalog';
import type { JobError, JobRecord, StatusReason } from '@forebay/shared/domain/job';
import type { TerminalJobState } from '@forebay/shared/domain/job-state';
import { limits } from '@forebay/shared/domain/limits';
import type { Catalog, Deployment } from '@forebay/shared/domain/model-catalog';
import type { NanoUsd } from '@forebay/shared/domain/money';
import { type ErrorClass, ruleOf } from '@forebay/shared/domain/outcome';
import type { LiveSnapshot, RouteCandidate, RoutePlan } from '@forebay/shared/domain/route-plan';
import type { AttemptSettlement } from '@forebay/shared/ports/job-store';
import { aimOf, type PlanHistory, type PlanRequest } from '@forebay/shared/routing/plan-input';
import { planRoute } from '@forebay/shared/routing/plan-route';
import { planSeed } from '@forebay/shared/routing/plan-seed';
import { lanePauseMs } from './lane-pause.ts';
import { pickCandidate } from './pick-candidate.ts';

/** Why a job has to move. */
export type ReassignCause =
  | {
      readonly kind: 'attempt_failed';
      readonly settlement: AttemptSettlement;
      readonly deployment: Deployment;
      readonly retryAfterMs: number | undefined;
    }
  /** Its worker stopped renewing; `settlement` charges the worst case. */
  | { readonly kind: 'lost_lease'; readonly settlement: AttemptSettlement }
  /** It waits for a model that nobody will serve for a while. */
  | { readonly kind: 'lane_closed'; readonly because: LaneClosure }
  /** It waits, but a worker took its ticket and died before the claim. */
  | { readonly kind: 'ticket_stuck' }
  /** It waits, and its deadline has passed. */
  | { readonly kind: 'deadline' }
  /** It waits, and what it needs to begin does not fit its ceiling. */
  | { readonly kind: 'over_ceiling' }
  /** It waits for money of a budget, and waiting will not help. */
  | { readonly kind: 'over_budget'; readonly leftNanoUsd: NanoUsd };

/** No living worker; credentials or quota refused; an operator; no longer in the configuration. */
export type LaneClosure = 'pool_dead' | 'stopped' | 'drained' | 'removed';

const closureTexts: Readonly<Record<LaneClosure, string>> = {
  pool_dead: 'no living worker serves it',
  stopped: 'its deployments are stopped',
  drained: 'an operator drains it',
  removed: 'it is no longer configured',
};

export interface DecideInput {
  readonly record: JobRecord;
  readonly why: ReassignCause;
  readonly catalog: Catalog;
  readonly live: LiveSnapshot;
  /** Why cheaper models come first now. */
  readonly brownout?: string | undefined;
  /** What a budget has left that turned the last choice away. */
  readonly budgetLeftNanoUsd?: NanoUsd | undefined;
  /** Server time. */
  readonly nowMs: number;
  /** Uniform in [0, 1): spreads retries that failed together. */
  readonly jitter: number;
}

export type NextMove =
  | {
      readonly kind: 'move';
      readonly candidate: RouteCandidate;
      readonly plan: RoutePlan;
      readonly whyChosen: string;
      readonly delayMs: number;
      readonly reason: StatusReason;
    }
  | {
      readonly kind: 'end';
      readonly to: TerminalJobState;
      readonly error: JobError;
    }
  /** It stays where it is: nothing better is known. */
  | { readonly kind: 'stay' };

export function decideNext(input: DecideInput): NextMove {
  const { why, record } = input;
  switch (why.kind) {
    case 'deadline':
      return endWith('expired', 'deadline_exceeded', undefined);
    case 'over_ceiling':
      return findAffordable(input, 'cost_ceiling_exceeded');
    case 'over_budget':
      return findAffordable({ ...input, budgetLeftNanoUsd: why.leftNanoUsd }, 'budget_exceeded');
    case 'lane_closed':
      return leaveLane(input, why.because);
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
  return afterFailure(input, outcome, settlement);
}

function afterFailure(
  input: DecideInput,
  errorClass: ErrorClass,
  settlement: AttemptSettlement,
): NextMove {
  const { record } = input;
  const { next } = ruleOf(errorClass);
  const filtered = next === 'if_opted_in' && !record.spec.fallbackOnFilter;
  if (errorClass === 'payload_unreadable') return endWith('failed', errorClass, errorClass);
  if (next === 'fail' || filtered) return endWith('failed', 'provider_error', errorClass);
  // Nothing could be tried any more, so what the last attempt did is not why the job ends.
  if (input.nowMs >= record.deadlineAtMs)
    return endWith('expired', 'deadline_exceeded', errorClass);
  if (isRisky(settlement.end) && riskyEnds(record, settlement) > record.spec.riskRetries) {
    return endWith('failed', 'ambiguous_attempts_exhausted', errorClass);
  }
  const counted = countByModel(record, settlement);
  if (sumOf(counted) >= limits.attemptsMax)
    return endWith('failed', 'attempts_exhausted', errorClass);
  return choose(input, { errorClass, settlement, counted });
}

interface Failure {
  readonly errorClass: ErrorClass;
  readonly settlement: AttemptSettlement;
  readonly counted: ReadonlyMap<string, number>;
}

function choose(input: DecideInput, failure: Failure): NextMove {
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

function replan(input: DecideInput, failure: Failure | undefined): RoutePlan {
  const { record, catalog, live, nowMs } = input;
  const { money, spec } = record;
  const charged = failure?.settlement.end.costNanoUsd ?? 0n;
  return planRoute({
    catalog,
    live,
    request: {
      requested: spec.requested,
      ...namedAgain(record, catalog),
      features: spec.features,
      allowedModels: spec.allowedModels,
      brownout: input.brownout,
    },
    limits: {
      ceilingLeftNanoUsd: money.ceiling - money.spent - money.unknown - charged,
      budgetLeftNanoUsd: input.budgetLeftNanoUsd,
      deadlineAtMs: record.deadlineAtMs,
      nowMs,
      attemptsPerModelMax: limits.attemptsPerModelMax,
    },
    history: historyOf(input, failure),
    seed: planSeed(record.id),
  });
}

/**
 * What the caller named. Once that is no longer configured, nobody can say any more what it falls
 * back to: then it is what it stood for when the job was planned last.
 */
function namedAgain(
  { spec, plan }: JobRecord,
  catalog: Catalog,
): Pick<PlanRequest, 'models' | 'directives'> {
  const { directives, models } = spec;
  const aim = aimOf(spec);
  const isKnown = catalog.models.has(aim.requested) || catalog.routes.has(aim.requested);
  if (isKnown || aim.models.length > 0) return { models, directives };
  const planned = plan.candidates.map(({ model }) => model);
  if (directives === undefined) return { models: planned };
  const { requested } = aim;
  return { models, directives: { ...directives, target: { requested, models: planned } } };
}

function historyOf(input: DecideInput, failure: Failure | undefined): PlanHistory {
  const { record, catalog } = input;
  const visited = failure?.counted ?? countByModel(record, undefined);
  const excluded = new Map<string, string>();
  if (failure === undefined) excluded.set(record.model, 'nobody serves it now');
  else if (ruleOf(failure.errorClass).next === 'if_opted_in') {
    excluded.set(record.model, 'it filtered this content');
  }
  const tooSmall = failure?.errorClass === 'context_too_long';
  return {
    visited,
    excluded,
    largerContextThanTokens: tooSmall
      ? catalog.models.get(record.model)?.contextWindowTokens
      : undefined,
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

/** A job that has not begun takes the first candidate that its money buys, or ends. */
function findAffordable(input: DecideInput, code: JobErrorCode): NextMove {
  const { record } = input;
  const plan = replan(input, undefined);
  const [candidate] = plan.candidates;
  if (candidate === undefined || record.state !== 'queued') {
    return endWith('failed', code, undefined);
  }
  return {
    kind: 'move',
    candidate,
    plan,
    delayMs: 0,
    whyChosen: `too little is left for ${record.model}; ${candidate.reason}`,
    reason: { code: 'reassigned', text: `reassigned: too little is left for ${record.model}` },
  };
}

/** A waiting job leaves a closed lane for one that is open, and else waits for its own. */
function leaveLane(input: DecideInput, because: LaneClosure): NextMove {
  const { record, live } = input;
  const plan = replan(input, undefined);
  const candidate = plan.candidates.find((entry) => {
    const lane = live.models.get(entry.model);
    return lane?.poolAlive && !lane.stopped && lane.held === undefined;
  });
  if (candidate === undefined) {
    return because === 'removed'
      ? endWith('failed', 'no_eligible_model', undefined)
      : { kind: 'stay' };
  }
  const text = `${record.model}: ${closureTexts[because]}`;
  return {
    kind: 'move',
    candidate,
    plan,
    delayMs: 0,
    whyChosen: `${text}; ${candidate.reason}`,
    reason: { code: 'reassigned', text: `reassigned from ${text}` },
  };
}

/** The same place under a new fence. */
function takeNewTicket({ record }: DecideInput): NextMove {
  const candidate = record.plan.candidates.find((entry) => entry.model === record.model);
  if (candidate === undefined) return { kind: 'stay' };
  return {
    kind: 'move',
    candidate,
    plan: record.plan,
    delayMs: 0,
    whyChosen: record.whyChosen,
    reason: { code: 'queued', text: 'waiting again: a worker died before it began' },
  };
}

/** Attempts after which another one may pay twice for the same answer. */
function riskyEnds(record: JobRecord, settlement: AttemptSettlement): number {
  const earlier = record.attempts.filter(
    ({ fence, end }) => fence !== settlement.fence && end !== undefined && isRisky(end),
  ).length;
  return earlier + (isRisky(settlement.end) ? 1 : 0);
}

/**
 * Nobody knows what was done, or a charged answer was of no use. A hand-back of a call that had
 * been sent is that too: it costs no attempt, but the money may be gone.
 */
function isRisky({ outcome, ambiguity }: AttemptSettlement['end']): boolean {
  if (outcome === 'succeeded') return false;
  const { next } = ruleOf(outcome);
  return next === 'risk_retry' || (next === 'free_retry' && ambiguity === 'unknown');
}

/** Counted attempts by model, the one that just ended included. */
function countByModel(
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

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

const errorTexts: Readonly<Partial<Record<JobErrorCode, string>>> = {
  deadline_exceeded: 'The deadline passed before an answer was complete.',
  cancelled: 'The caller cancelled the job.',
  payload_unreadable: 'The stored request of the job is gone or damaged; nothing was sent.',
  quarantined: 'Two workers died while they ran this job; it is not given to a third.',
};

function endWith(
  to: TerminalJobState,
  code: JobErrorCode,
  errorClass: ErrorClass | undefined,
): NextMove {
  const cause = errorClass === undefined ? '' : `Last attempt: ${ruleOf(errorClass).text}.`;
  const message = errorTexts[code] ?? `${summaries[code] ?? code}. ${cause}`.trim();
  return { kind: 'end', to, error: { code, message, class: errorClass } };
}

const summaries: Readonly<Partial<Record<JobErrorCode, string>>> = {
  provider_error: 'The attempt failed and no other model was allowed or left',
  attempts_exhausted: `All ${limits.attemptsMax} attempts failed`,
  ambiguous_attempts_exhausted:
    'Attempts ended without a known result, and another one would risk paying twice',
  cost_ceiling_exceeded: 'What is left of the cost ceiling buys no further attempt',
  budget_exceeded: 'What is left of a budget buys no further attempt',
  no_eligible_model: 'The model is no longer configured, and no other one can take the job',
};
