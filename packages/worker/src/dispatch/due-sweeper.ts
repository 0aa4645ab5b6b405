/**
 * The sweep over due jobs, any number of dispatchers at once: every job that has not ended stands
 * in its shard's due set with a next-check time (S3). What a check finds is decided in
 * `decide-check.ts`; this file goes through the shards and does it.
 *
 *  - a lease that has ended: the watchdog's case (S7, S8)
 *  - a deadline that has passed
 *  - a start time that has come, or a job in line for money or for a place
 *  - a waiting job whose ticket may have been swallowed: the reconciler's case
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { ticketId } from '@forebay/shared/domain/ids';
import { isRecord, type JobRecord } from '@forebay/shared/domain/job';
import type { DueJob, FeedResult, JobStore } from '@forebay/shared/ports/job-store';
import type { LaneStore } from '@forebay/shared/ports/lane-store';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import { placeTicket } from '@forebay/shared/tickets/place-ticket';
import { ticketOf } from '@forebay/shared/tickets/ticket-of';
import { judgeEnding } from '../settlement/judge-attempt.ts';
import { decideCheck, nextTicketCheck } from './decide-check.ts';
import { createGrace, type Grace } from './grace.ts';
import { type ReassignJobDeps, type ReassignOutcome, reassignJob } from './reassign-job.ts';

export interface DueSweeperDeps extends ReassignJobDeps {
  readonly jobs: JobStore;
  readonly lanes: LaneStore;
  /** Models that this process has served and that are no longer configured. */
  readonly removedModels: () => ReadonlySet<string>;
  readonly leaseMs: number;
  readonly sweepIntervalMs: number;
  readonly ticketCheckMs: number;
}

/** Jobs of one shard per round; a longer list asks for another round at once. */
const pageSize = 100;
/** How many leases a rollout of a new configuration may take until all processes have read it. */
const rolloutLeases = 8;
/** Checks under way at the same time. */
const atOnce = 16;

export function createDueSweeper(deps: DueSweeperDeps): Service {
  const grace = createGrace(deps.clock, deps.leaseMs);
  return createLoop({
    name: 'due-sweeper',
    clock: deps.clock,
    onRound: (durationMs) => deps.events.emit('loop.round', { loop: 'due-sweeper', durationMs }),
    intervalMs: deps.sweepIntervalMs,
    round: (signal) => sweep(deps, grace, signal),
    onError(error) {
      grace.noteOutage();
      deps.events.emit('loop.failed', { loop: 'due-sweeper', error });
    },
  });
}

async function sweep(deps: DueSweeperDeps, grace: Grace, signal: AbortSignal): Promise<boolean> {
  // Before each batch, so that a long sweep is not taken for a time in which nobody could look.
  const look = async (): Promise<SweepTimes> => {
    const nowMs = await deps.jobs.nowMs();
    return { nowMs, graceUntilMs: grace.noteLook(nowMs) };
  };
  await look();
  const shards = Array.from({ length: deps.jobs.shardCount }, (_, shard) => shard);
  const pages = await Promise.all(shards.map((shard) => deps.jobs.listDue(shard, pageSize)));
  const due = pages.flat();
  let goesOn = pages.some((page) => page.length === pageSize);
  for (let start = 0; start < due.length && !signal.aborted; start += atOnce) {
    const some = due.slice(start, start + atOnce);
    const times = await look();
    const ends = await Promise.all(some.map((job) => checkSafely(deps, job, times)));
    // Where a job in line went on, the next ones are due now.
    goesOn ||= ends.includes('line_moved');
  }
  return goesOn;
}

interface SweepTimes {
  readonly nowMs: number;
  readonly graceUntilMs: number;
}

/** When a job that could not be checked is looked at again. */
const parkedCheckMs = 60_000;
/** And one that a check has left as it was. */
const leftCheckMs = 5_000;

/** What a check did: `line_moved` when a job that stood in line went on, `left` when nothing. */
type CheckEnd = 'done' | 'line_moved' | 'left';

/** One job that cannot be checked, or not helped, must not stop the sweep of the others. */
async function checkSafely(
  deps: DueSweeperDeps,
  due: DueJob,
  times: SweepTimes,
): Promise<CheckEnd> {
  try {
    const end = await checkJob(deps, due, times);
    // Most often somebody else has moved it, and its check; then this does nothing.
    if (end === 'left') await deps.jobs.postpone(due, times.nowMs + leftCheckMs);
    return end;
  } catch (error) {
    if (ForebayError.is(error) && error.code === 'store_unavailable') throw error;
    deps.events.emit('loop.failed', { loop: `due-sweeper:${due.id}`, error });
    await deps.jobs.postpone(due, times.nowMs + parkedCheckMs);
    return 'done';
  }
}

async function checkJob(deps: DueSweeperDeps, due: DueJob, times: SweepTimes): Promise<CheckEnd> {
  const record = await deps.jobs.read(due);
  if (record === undefined) {
    await deps.jobs.forget(due);
    return 'done';
  }
  if (!isRecord(record)) {
    deps.events.emit('record.parked', { job: due.id, reason: record.reason });
    await deps.jobs.postpone(due, times.nowMs + parkedCheckMs);
    return 'done';
  }
  const check = decideCheck(record, times);
  switch (check.kind) {
    case 'expire':
      return endOf(await reassignJob(deps, { record, why: { kind: 'deadline' } }));
    case 'lost_lease':
      return endOf(await takeFromLostWorker(deps, record));
    case 'feed':
      return feedJob(deps, record, times.nowMs);
    case 'look_for_ticket':
      await lookAgain(deps, due, { record, nowMs: times.nowMs });
      return 'done';
    case 'later':
      await deps.jobs.postpone(due, check.againAtMs);
      return 'done';
    case 'nothing':
      return 'left';
  }
}

function endOf(outcome: ReassignOutcome): CheckEnd {
  return outcome === 'left' ? 'left' : 'done';
}

/** S7: after a claim nobody knows what the provider did, so the worst case is charged. */
function takeFromLostWorker(deps: DueSweeperDeps, record: JobRecord): Promise<ReassignOutcome> {
  const end = judgeEnding({ reservation: record.money.reserved }, 'lost_lease', 'unknown');
  return reassignJob(deps, {
    record,
    why: { kind: 'lost_lease', settlement: { fence: record.fence, end } },
  });
}

/** Its start time has come, or what it waits for may have come free. */
async function feedJob(deps: DueSweeperDeps, record: JobRecord, nowMs: number): Promise<CheckEnd> {
  let fed = await feed(deps, record, { tellsShort: record.spec.features.cutsOutput === true });
  if (fed.kind === 'over_budget') {
    const why = { kind: 'over_budget', shortage: fed } as const;
    const outcome = await reassignJob(deps, { record, why });
    if (outcome !== 'left' || !fed.mayWait) return endOf(outcome);
    // What is left buys no output of use: it goes on waiting.
    fed = await feed(deps, record, { tellsShort: false });
  }
  switch (fed.kind) {
    case 'fed':
      await place(deps, fed.record, nowMs);
      return record.waitsFor === undefined ? 'done' : 'line_moved';
    case 'held':
      return 'done';
    case 'over_ceiling':
      return endOf(await reassignJob(deps, { record, why: { kind: 'over_ceiling' } }));
    case 'early':
    case 'over_budget':
    case 'conflict':
    case 'missing':
      return 'left';
  }
}

async function feed(
  deps: DueSweeperDeps,
  record: JobRecord,
  { tellsShort }: { readonly tellsShort: boolean },
): Promise<FeedResult> {
  const candidate = record.plan.candidates.find((entry) => entry.model === record.model);
  const fed = await deps.jobs.feed({
    id: record.id,
    tenant: record.tenant,
    fence: record.fence,
    reservation: BigInt(candidate?.reservationNanoUsd ?? '0'),
    tellsShort,
  });
  crashPoint('dispatcher.after-feed');
  return fed;
}

async function lookAgain(
  deps: DueSweeperDeps,
  due: DueJob,
  { record, nowMs }: { readonly record: JobRecord; readonly nowMs: number },
): Promise<void> {
  const inBacklog = await lookForTicket(deps, record, nowMs);
  const { ticketCheckMs } = deps;
  await deps.jobs.postpone(due, nextTicketCheck(record, inBacklog, { nowMs, ticketCheckMs }));
}

/**
 * The reconciler: the ticket that the record implies stands in the backlog or lives in BullMQ.
 *
 * @returns whether it stands in the backlog.
 */
async function lookForTicket(
  deps: DueSweeperDeps,
  record: JobRecord,
  nowMs: number,
): Promise<boolean> {
  if (!deps.catalog().models.has(record.model)) {
    if (mayComeSoon(deps, record, nowMs)) return false;
    await reassignJob(deps, { record, why: { kind: 'lane_closed', because: 'removed' } });
    return false;
  }
  const ticket = ticketId(record.id, record.fence);
  const { place: standsIn } = await deps.lanes.place(record.model, ticket);
  if (standsIn === 'backlog') return true;
  const presence = await deps.queue.find(record.model, ticket);
  if (presence.kind === 'taken' && presence.forMs >= deps.ticketCheckMs / 2) {
    // A worker that was about to claim it would have done so by now; this one has died. BullMQ
    // would notice after its lock has run out; a new fence makes the old ticket stale now.
    await reassignJob(deps, { record, why: { kind: 'ticket_stuck' } });
  }
  if (presence.kind === 'waits') {
    // Its back-off is over: in the lane it is seen by whoever replans closed lanes.
    if (standsIn === 'none' && record.notBeforeMs <= nowMs) await place(deps, record, nowMs);
    return false;
  }
  if (presence.kind === 'taken') return false;
  deps.events.emit('ticket.repaired', {
    job: record.id,
    model: record.model,
    fence: record.fence,
  });
  await place(deps, record, nowMs);
  return false;
}

/**
 * The api that planned the job may have read a new configuration somewhat earlier than this
 * process, which must not fail jobs of a model that it is about to learn of.
 */
function mayComeSoon(deps: DueSweeperDeps, { model, plan }: JobRecord, nowMs: number): boolean {
  if (deps.removedModels().has(model)) return false;
  return nowMs - plan.plannedAtMs < rolloutLeases * deps.leaseMs;
}

async function place(deps: DueSweeperDeps, record: JobRecord, nowMs: number): Promise<void> {
  const findModel = (name: string) => deps.catalog().models.get(name);
  crashPoint('dispatcher.before-ticket');
  await placeTicket({ lanes: deps.lanes, queue: deps.queue, findModel }, ticketOf(record), {
    replaceEnded: true,
    delayMs: record.notBeforeMs - nowMs,
  });
  crashPoint('dispatcher.after-ticket');
}
