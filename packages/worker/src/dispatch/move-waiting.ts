/** Moves of jobs that wait: for money, in a lane that nobody serves, behind a lost ticket. */
import type { JobErrorCode } from '@forebay/shared/domain/error-catalog';
import { formatUsd } from '@forebay/shared/domain/money';
import type { LaneClosure } from '@forebay/shared/domain/move-cause';
import { premiumOf } from './choose-promotion.ts';
import { endWith } from './end-move.ts';
import type { DecideInput, NextMove, ReassignCause } from './next-move.ts';
import { replan } from './replan-job.ts';
import { takesJobs } from './takes-jobs.ts';

/**
 * A job that has not begun takes the first candidate that its money buys, with less output if it
 * allows that, or ends; it stays where it is if waiting may help.
 */
export function findAffordable(input: DecideInput, code: JobErrorCode): NextMove {
  const { record, shortage } = input;
  const plan = replan(input, undefined);
  const [candidate] = plan.candidates;
  if (candidate === undefined || record.state !== 'queued') {
    if (shortage?.mayWait === true) return { kind: 'stay' };
    return endWith('failed', code, undefined);
  }
  const cut = `its output is cut to ${candidate.outputCapTokens} tokens, as much as is left buys`;
  const { reason } = candidate;
  const [whyChosen, text] =
    candidate.model === record.model
      ? [`${cut}; ${reason}`, `waiting again: ${cut}`]
      : [
          `too little is left for ${record.model}; ${reason}`,
          `reassigned: too little is left for ${record.model}`,
        ];
  return {
    kind: 'move',
    candidate,
    plan,
    delayMs: 0,
    whyChosen,
    reason: { code: candidate.model === record.model ? 'queued' : 'reassigned', text },
  };
}

/** A waiting job leaves a closed lane for one that is open, and else waits for its own. */
export function leaveLane(input: DecideInput, { because, to }: LaneClosed): NextMove {
  const { record, live } = input;
  const plan = replan(input, undefined);
  const candidate = plan.candidates.find((entry) => {
    const lane = live.models.get(entry.model);
    return (to ?? entry.model) === entry.model && lane !== undefined && takesJobs(lane);
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

type LaneClosed = Extract<ReassignCause, { kind: 'lane_closed' }>;

const closureTexts: Readonly<Record<LaneClosure, string>> = {
  pool_dead: 'no living worker serves it',
  stopped: 'its deployments are stopped',
  // Because calls failed, or by hand: tenants read this, and it must be true of both.
  breaker_open: 'it takes no calls for now',
  paused: 'its provider asked to wait',
  drained: 'an operator drains it',
  removed: 'it is no longer configured',
};

/** A job that waits too long takes the free place that was found for it, if it still may. */
export function promote(input: DecideInput, { to, waitMs }: Overloaded): NextMove {
  const { record } = input;
  const plan = replan(input, undefined);
  const candidate = plan.candidates.find(({ model }) => model === to);
  if (candidate === undefined) return { kind: 'stay' };
  const wait = waitMs === undefined ? 'a long wait' : `about ${waitMs} ms to wait`;
  const premiumNanoUsd = premiumOf(record, candidate);
  const premium = premiumNanoUsd > 0n ? `, for about ${formatUsd(premiumNanoUsd)} USD more` : '';
  const text = `${wait} on ${record.model}, a free place on ${to}${premium}`;
  return {
    kind: 'move',
    candidate,
    plan,
    delayMs: 0,
    whyChosen: `${text}; ${candidate.reason}`,
    reason: { code: 'promoted', text: `promoted: ${text}` },
    promotion: { from: record.model, to, premiumNanoUsd, savedMs: waitMs },
  };
}

type Overloaded = Extract<ReassignCause, { kind: 'overloaded' }>;

/** The same place under a new fence. */
export function takeNewTicket({ record }: DecideInput): NextMove {
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
