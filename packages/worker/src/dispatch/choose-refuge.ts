/**
 * Where a waiting job goes while the breakers of its own model are open, or its providers asked to
 * wait. Pure.
 *
 * B1. Only to where it probably begins before its own lane opens again, or where it is answered in
 *     time while its own model would be late. An outage is expected to last as long again as it has
 *     lasted: a breaker of a few seconds moves few jobs, and one that opens over and over keeps
 *     nobody waiting for its promises. A pause ends when it says so, and is waited for where the
 *     other model is one that the job would rather avoid, and by a job that has the time
 *     (`leave-paused.ts`), unless its usual answer would then be late.
 * B2. Jobs that were sent there already, and do not show in the figures yet, count as well. So
 *     a lane is sent no more than it begins until then, and the rest waits where it is.
 * B3. Once in one wait, so that no job goes to and fro between models that fail in turn; again only
 *     from a lane that opens after the deadline, because there the job is lost.
 */
import type { JobRecord } from '@forebay/shared/domain/job';
import { priorityClass } from '@forebay/shared/domain/priority';
import type { LiveSnapshot, ModelLive, RouteCandidate } from '@forebay/shared/domain/route-plan';
import { opensAtMs } from '@forebay/shared/routing/lane-recovery';
import { predictWait } from '@forebay/shared/routing/predict-wait';
import { freePlacesOf } from './free-places.ts';
import type { DecideInput } from './next-move.ts';
import { replan } from './replan-job.ts';
import { takesJobs } from './takes-jobs.ts';

export interface RefugeQuestion extends Omit<DecideInput, 'why' | 'jitter'> {
  readonly because: 'breaker_open' | 'paused';
  /** The job's own lane. */
  readonly lane: ModelLive;
  /** Whether it is among the first of its line; else it counts as one that comes now. */
  readonly isNext: boolean;
  /** Jobs sent to each model since the figures were read. */
  readonly arrivals: ReadonlyMap<string, number>;
}

/** @returns the model; `undefined`: it waits where it is. */
export function chooseRefuge(question: RefugeQuestion): string | undefined {
  const { record, because, nowMs } = question;
  if (hasMovedWaiting(record) && !opensTooLate(question)) return undefined;
  const opensInMs = opensAgainInMs(question);
  const why = { kind: 'lane_closed', because } as const;
  const plan = replan({ ...question, live: withOwnLane(question), why, jitter: 0 }, undefined);
  const isOwn = ({ model }: { readonly model: string }) => model === record.model;
  const mayStay = plan.candidates.some(isOwn);
  const own = [...plan.candidates, ...plan.exclusions].find(isOwn);
  const leftMs = record.deadlineAtMs - nowMs;
  const isOwnLate = (own?.expectedMs ?? 0) > leftMs;
  if (mayStay && !isOwnLate) return undefined;
  const refuge = plan.candidates.find((each) => {
    if (isOwn(each)) return false;
    const startMs = startsInMs(question, each.model);
    return (!mayStay && startMs < opensInMs) || (isOwnLate && startMs + callMsOf(each) <= leftMs);
  });
  return refuge?.model;
}

/** From its start to its answer; 0 where nobody knows. */
function callMsOf({ startMs = 0, expectedMs = startMs }: RouteCandidate): number {
  return expectedMs - startMs;
}

function opensTooLate({ record, lane, nowMs }: RefugeQuestion): boolean {
  return (opensAtMs(lane, nowMs) ?? nowMs) >= record.deadlineAtMs;
}

/**
 * What has just been read of the own lane is newer than the snapshot. Its line counts only for
 * those who come behind it.
 */
function withOwnLane({ record, lane, isNext, live }: RefugeQuestion): LiveSnapshot {
  const own = isNext ? { ...lane, waiting: 0, waitingByClass: {} } : lane;
  return { ...live, models: new Map([...live.models, [record.model, own]]) };
}

/** B3: since its last attempt, or since it was made. */
function hasMovedWaiting({ history }: JobRecord): boolean {
  const waitsFrom = history.findLastIndex(({ state }) => state !== 'queued') + 1;
  return history.slice(waitsFrom + 1).some(({ reasonCode }) => reasonCode === 'reassigned');
}

/** B1. */
function opensAgainInMs({ because, lane, nowMs }: RefugeQuestion): number {
  const opensInMs = (opensAtMs(lane, nowMs) ?? nowMs) - nowMs;
  if (because === 'paused') return opensInMs;
  const deployments = (lane.deployments ?? []).filter(({ stopped }) => !stopped);
  const lastedMs = Math.min(
    ...deployments.map(({ breakerSinceMs = nowMs }) => nowMs - breakerSinceMs),
  );
  return Math.max(lastedMs, opensInMs);
}

/** B2. */
function startsInMs(question: RefugeQuestion, name: string): number {
  const { record, catalog, live, nowMs, arrivals } = question;
  const lane = live.models.get(name);
  if (lane === undefined || !takesJobs(lane)) return Number.POSITIVE_INFINITY;
  const sent = arrivals.get(name) ?? 0;
  if (freePlacesOf(lane, nowMs) > sent) return 0;
  const { priority } = record;
  const ask = { priority, nowMs, model: catalog.models.get(name) };
  // Where nothing was measured, free places are all that can be counted on.
  return predictWait(withArrivals(lane, sent, priority), ask)?.startMs ?? Number.POSITIVE_INFINITY;
}

function withArrivals(lane: ModelLive, sent: number, priority: number): ModelLive {
  const { waiting, waitingByClass } = lane;
  if (waitingByClass === undefined) return { ...lane, waiting: waiting + sent };
  const own = priorityClass(priority);
  return {
    ...lane,
    waiting: waiting + sent,
    waitingByClass: { ...waitingByClass, [own]: (waitingByClass[own] ?? 0) + sent },
  };
}
