/**
 * Where a job goes next (S8): the one place that moves a job on after a failure. The worker that
 * saw an attempt fail calls it at once; the dispatcher calls it for what nobody is alive to
 * report: a lost lease, a dead pool, a passed deadline.
 *
 * R1. Decide, then act: `decide-next.ts` is pure, this file does what it says.
 * R2. The script checks state and fence. Whoever loses that race leaves the job to the winner;
 *     only a cancel that came in between is finished here, because nobody else would.
 * R3. Record first, ticket second. If the ticket never comes, the due entry brings it (S3).
 * R4. Any number of callers at once is safe: the script answers a repeated call like the first.
 * R6. A job that is moved for waiting too long stays where it is when anything speaks against it.
 */
import { newToken, ticketId } from '@forebay/shared/domain/ids';
import { type JobError, type JobRecord, wantsTicket } from '@forebay/shared/domain/job';
import type { JobState, TerminalJobState } from '@forebay/shared/domain/job-state';
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import type { MoveCause } from '@forebay/shared/domain/move-cause';
import type { BrownoutView } from '@forebay/shared/live/brownout-view';
import type { LiveView } from '@forebay/shared/live/live-view';
import type { QualityView } from '@forebay/shared/live/quality-view';
import type {
  AttemptSettlement,
  JobStore,
  ReassignRequest,
  ReassignResult,
} from '@forebay/shared/ports/job-store';
import type { LaneStore } from '@forebay/shared/ports/lane-store';
import type { TicketQueue } from '@forebay/shared/ports/ticket-queue';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { placeTicket } from '@forebay/shared/tickets/place-ticket';
import { ticketOf } from '@forebay/shared/tickets/ticket-of';
import { type PersistDeps, persist } from '../settlement/persist.ts';
import { decideNext } from './decide-next.ts';
import type { DecideInput, NextMove, ReassignCause } from './next-move.ts';
import { type MadeMove, noteMove } from './note-move.ts';
import { inReassignSpan } from './reassign-span.ts';
import { tenantViewsOf } from './tenant-views.ts';

export interface ReassignJobDeps extends PersistDeps {
  readonly jobs: Pick<JobStore, 'reassign' | 'settle' | 'nowMs'>;
  readonly lanes: Pick<LaneStore, 'offer' | 'withdraw'>;
  readonly queue: TicketQueue;
  readonly catalog: () => Catalog;
  readonly live: Pick<LiveView, 'snapshot'>;
  readonly brownout: BrownoutView;
  readonly quality: QualityView;
  /** Which process this is, for the named crash points. */
  readonly role: 'worker' | 'dispatcher';
}

export interface ReassignInput {
  readonly record: JobRecord;
  readonly why: ReassignCause;
}

/** What was done: also `left` when the job had moved on without us. */
export type ReassignOutcome = 'moved' | 'ended' | 'left';

export async function reassignJob(
  deps: ReassignJobDeps,
  input: ReassignInput,
): Promise<ReassignOutcome> {
  const nowMs = await persist(deps, 'time', () => deps.jobs.nowMs());
  const move = decide(deps, input, { nowMs });
  switch (move.kind) {
    case 'stay':
      return 'left';
    case 'end':
      return act(deps, input, () => endJob(deps, input, move));
    case 'move':
      return act(deps, input, () => moveJob(deps, input, { move, nowMs, whenShort: 'refuse' }));
  }
}

function decide(
  deps: ReassignJobDeps,
  input: ReassignInput,
  moment: Pick<DecideInput, 'nowMs' | 'shortage'>,
): NextMove {
  return decideNext({
    ...input,
    ...moment,
    catalog: deps.catalog(),
    live: deps.live.snapshot(),
    ...tenantViewsOf(deps, input.record),
    jitter: deps.clock.random(),
  });
}

function act(
  deps: ReassignJobDeps,
  input: ReassignInput,
  action: () => Promise<ReassignOutcome>,
): Promise<ReassignOutcome> {
  return inReassignSpan(input.record, async () => reportLoss(deps, input, await action()));
}

/** Nobody else tells how an attempt ended whose worker is gone. */
function reportLoss(
  deps: ReassignJobDeps,
  { record, why }: ReassignInput,
  outcome: ReassignOutcome,
): ReassignOutcome {
  if (why.kind !== 'lost_lease' || outcome === 'left') return outcome;
  const { costNanoUsd, costIs } = why.settlement.end;
  const deployment = record.attempts.at(-1)?.deployment ?? '';
  const fields = { job: record.id, model: record.model, deployment };
  deps.events.emit('attempt.lost', { ...fields, costNanoUsd, costIs });
  return outcome;
}

type Move = Extract<NextMove, { kind: 'move' }>;
type Short = Extract<ReassignResult, { kind: 'short' }>;
type End = Extract<NextMove, { kind: 'end' }>;

interface PlannedMove {
  readonly move: Move;
  readonly nowMs: number;
  readonly whenShort: ReassignRequest['whenShort'];
}

async function moveJob(
  deps: ReassignJobDeps,
  input: ReassignInput,
  planned: PlannedMove,
): Promise<ReassignOutcome> {
  const { move, nowMs, whenShort } = planned;
  const { record, why } = input;
  const { candidate } = move;
  const result = await persist(deps, 'reassign', () =>
    deps.jobs.reassign({
      id: record.id,
      tenant: record.tenant,
      fence: record.fence,
      from: [settlementOf(why) === undefined ? 'queued' : 'running'],
      attempt: settlementOf(why),
      workerDied: why.kind === 'lost_lease',
      model: candidate.model,
      plan: move.plan,
      whyChosen: move.whyChosen,
      reservation: BigInt(candidate.reservationNanoUsd),
      notBeforeMs: move.delayMs === 0 ? 0 : nowMs + move.delayMs,
      reason: move.reason,
      whenShort,
      promotion: move.promotion,
      cause: causeOf(why),
      moves: movesWith(input, { to: candidate.model, reason: move.reason, nowMs }),
    }),
  );
  crashPoint(`${deps.role}.after-reassign`);
  // R6: it stands as well where it is.
  if (why.kind === 'overloaded' && result.kind !== 'reassigned') return 'left';
  switch (result.kind) {
    case 'missing':
      return 'left';
    case 'conflict':
      return finishCancel(deps, input, result.state);
    case 'over_ceiling':
      return endJob(deps, input, {
        kind: 'end',
        to: 'failed',
        error: {
          code: 'cost_ceiling_exceeded',
          message: 'What is left of the cost ceiling buys no further attempt.',
          class: undefined,
        },
      });
    case 'short':
      return moveForLess(deps, input, { planned, short: result });
    case 'reassigned':
      deps.events.emit('job.reassigned', {
        job: record.id,
        from: record.model,
        model: candidate.model,
        reason: move.reason.code,
      });
      reportPromotion(deps, record, move);
      await placeNext(deps, record, { next: result.record, delayMs: move.delayMs });
      return 'moved';
  }
}

/** Safe to make of what was read: whoever has moved the job since has changed its fence. */
function movesWith({ record, why }: ReassignInput, made: MadeMove): ReassignRequest['moves'] {
  const hasMoved = settlementOf(why) !== undefined || record.model !== made.to;
  return hasMoved ? noteMove(record, made) : undefined;
}

function reportPromotion(deps: ReassignJobDeps, { id }: JobRecord, { promotion }: Move): void {
  if (promotion === undefined) return;
  const { from, to, premiumNanoUsd, savedMs } = promotion;
  deps.events.emit('job.promoted', { job: id, from, model: to, premiumNanoUsd, savedMs });
}

/**
 * R5: another candidate that what is left of the budget buys goes before waiting, and waiting, if
 * it can help, before an end.
 */
async function moveForLess(
  deps: ReassignJobDeps,
  input: ReassignInput,
  { planned, short }: { readonly planned: PlannedMove; readonly short: Short },
): Promise<ReassignOutcome> {
  const { nowMs } = planned;
  const next = decide(deps, input, { nowMs, shortage: short });
  // Where it stands it does not fit its ceiling: with what does, it can wait.
  if (next.kind === 'stay' && input.why.kind !== 'over_ceiling') return 'left';
  // A move that costs no less would be turned away again, and so without end.
  if (next.kind === 'move' && BigInt(next.candidate.reservationNanoUsd) <= short.left) {
    return moveJob(deps, input, { move: next, nowMs, whenShort: 'refuse' });
  }
  if (short.mayWait) return moveJob(deps, input, { ...planned, whenShort: 'wait' });
  return next.kind === 'end' ? endJob(deps, input, next) : 'left';
}

/** R3: the old ticket gives its place up, the new one takes its own. */
async function placeNext(
  deps: ReassignJobDeps,
  old: JobRecord,
  { next, delayMs }: { readonly next: JobRecord; readonly delayMs: number },
): Promise<void> {
  const findModel = (name: string) => deps.catalog().models.get(name);
  const placement = { lanes: deps.lanes, queue: deps.queue, findModel };
  crashPoint(`${deps.role}.before-ticket`);
  // Who waits in line for money has no ticket.
  if (wantsTicket(next)) {
    await persist(deps, 'ticket', () => placeTicket(placement, ticketOf(next), { delayMs }));
  }
  crashPoint(`${deps.role}.after-ticket`);
  await leavePlace(deps, old);
}

/** A job that waited has a place in its lane; nobody needs it any more. */
async function leavePlace(deps: ReassignJobDeps, old: JobRecord): Promise<void> {
  if (old.state !== 'queued') return;
  const ticket = ticketId(old.id, old.fence);
  await persist(deps, 'withdraw', () => deps.lanes.withdraw(old.model, ticket));
}

async function endJob(
  deps: ReassignJobDeps,
  input: ReassignInput,
  end: End,
): Promise<ReassignOutcome> {
  const { record, why } = input;
  const attempt = settlementOf(why);
  const settlement = newToken('settle');
  const result = await persist(deps, 'settle', () =>
    deps.jobs.settle({
      settlement,
      id: record.id,
      tenant: record.tenant,
      fence: record.fence,
      from: statesToEndFrom(attempt, end.to),
      attempt,
      to: end.to,
      reason: { code: end.error.code, text: end.error.message },
      error: end.error,
      usage: undefined,
      sealedResult: undefined,
    }),
  );
  crashPoint(`${deps.role}.after-settle`);
  if (result.kind !== 'settled') return 'left';
  await leavePlace(deps, record);
  const { state, byThis } = result;
  if (byThis) deps.events.emit('job.ended', { job: record.id, model: record.model, state });
  return 'ended';
}

/** R2: a cancel came in between; the attempt is over, so the job can be. */
async function finishCancel(
  deps: ReassignJobDeps,
  input: ReassignInput,
  state: JobState,
): Promise<ReassignOutcome> {
  if (state !== 'cancelling') return 'left';
  const error: JobError = {
    code: 'cancelled',
    message: 'The caller cancelled the job.',
    class: undefined,
  };
  return endJob(deps, input, { kind: 'end', to: 'cancelled', error });
}

function statesToEndFrom(
  attempt: AttemptSettlement | undefined,
  to: TerminalJobState,
): readonly JobState[] {
  if (attempt === undefined) return ['queued', 'scheduled'];
  return to === 'cancelled' ? ['cancelling'] : ['running', 'cancelling'];
}

/** For the ledger, where no attempt tells it. */
function causeOf(why: ReassignCause): MoveCause | undefined {
  switch (why.kind) {
    case 'lane_closed':
      return why.because;
    case 'overloaded':
      return 'promoted';
    case 'over_ceiling':
    case 'over_budget':
      return why.kind;
    case 'attempt_failed':
    case 'lost_lease':
    case 'ticket_stuck':
    case 'deadline':
      return undefined;
  }
}

function settlementOf(why: ReassignCause): AttemptSettlement | undefined {
  return 'settlement' in why ? why.settlement : undefined;
}
