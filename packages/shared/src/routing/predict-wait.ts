/**
 * When a job would begin and end on a model, from what its lane shows now. Pure.
 *
 * A lane is a queue with several servers, its permits. While jobs wait, every permit is in use, so
 * one comes free at the rate
 *
 *     λ = sum over the deployments of min(concurrency ÷ mean service time, requests per minute)
 *
 * because a server that is never idle ends one call per mean service time, whatever the spread
 * (renewal theorem; Little, 1961, in the form concurrency = λ × service time). A job that `ahead`
 * others precede starts after the rest of the call that ends first, and `ahead ÷ λ`. Of C calls
 * that began at unrelated times the first one ends after a (C + 1)-th of the service time: the
 * mean of the smallest of C uniform rests.
 *
 * What a call takes beside its service time, such as the hand-over to the next one, failures and
 * tokens per minute, only the answers of the last seconds show. So while a line has lasted for
 * longer than those are counted, λ leans towards what was counted, the more the more there is.
 *
 * Who precedes whom is what `lane-take` does: the most urgent class goes first, and every class
 * that waits has its minimum share of the places. Not known are jobs that come later and go first,
 * and turns among tenants: they make a wait longer than predicted.
 */
import type { Model } from '../domain/model-catalog.ts';
import {
  minimumShares,
  type PriorityClass,
  priorityClass,
  priorityClasses,
} from '../domain/priority.ts';
import type { ModelLive } from '../domain/route-plan.ts';
import { windowBase } from '../domain/window-base.ts';

export interface WaitAsk {
  /** 0 to 9. */
  readonly priority: number;
  /** Server time in milliseconds since 1970. */
  readonly nowMs: number;
  /** As configured: knows the rates. Without it only calls at the same time bound a lane. */
  readonly model?: Model | undefined;
  /** Who begins earlier, where its place is known; else all who wait and are no less urgent. */
  readonly ahead?: PlacesAhead | undefined;
  /** The most that the job's answer may have, over all choices; without it calls are alike. */
  readonly outputTokensMax?: number | undefined;
}

/** Jobs that begin before another one, as far as their classes decide. */
export interface PlacesAhead {
  readonly moreUrgent: number;
  /** Of its own class. */
  readonly same: number;
}

/** Milliseconds from now, whole. */
export interface WaitPrediction {
  /** Until the call begins. */
  readonly startMs: number;
  /**
   * Until the answer of a usual call: the median, or the mean while few were measured; less where
   * the job's output cap ends it sooner.
   */
  readonly finishMs: number;
  /** Until the answer of a slow call: nine in ten are faster. */
  readonly slowFinishMs: number;
}

/**
 * @returns `undefined` while nothing was measured, nobody serves the model, or an operator holds
 *   it: nobody can say then.
 */
export function predictWait(live: ModelLive | undefined, ask: WaitAsk): WaitPrediction | undefined {
  if (live?.serviceMs === undefined || !live.poolAlive || live.held !== undefined) return undefined;
  const service = cappedTimes(serviceTimes(live, live.serviceMs), live, ask);
  const lane = laneSpeed(live, service.meanMs, ask);
  if (lane === undefined) return undefined;
  const startMs = lane.opensInMs + queueMs(lane, live, ask);
  return {
    startMs: Math.round(startMs),
    finishMs: Math.round(startMs + service.usualMs),
    slowFinishMs: Math.round(startMs + service.slowMs),
  };
}

/** How long every deployment of the model stays paused. */
export function pausedMs(live: ModelLive | undefined, nowMs: number): number {
  return Math.max(0, (live?.pausedUntilMs ?? 0) - nowMs);
}

interface ServiceTimes {
  /** What throughput goes by. */
  readonly meanMs: number;
  readonly usualMs: number;
  readonly slowMs: number;
}

/** With fewer answers than this a percentile says less than the mean. */
const samplesMin = 10;

function serviceTimes({ latency }: ModelLive, meanMs: number): ServiceTimes {
  if (latency === undefined || latency.samples < samplesMin) {
    return { meanMs, usualMs: meanMs, slowMs: meanMs };
  }
  return { meanMs, usualMs: latency.totalMs.p50, slowMs: latency.totalMs.p90 };
}

/**
 * Others' answers may be long and this one's not: it takes its first piece and its tokens, and no
 * more of them than the cap. An answer in one piece is all first piece, so nothing is known of
 * shorter ones then. Throughput goes by all calls nevertheless.
 */
function cappedTimes(
  service: ServiceTimes,
  { latency }: ModelLive,
  { outputTokensMax }: WaitAsk,
): ServiceTimes {
  const { firstByteMs: first, perOutputTokenMs: each } = latency ?? {};
  if (!outputTokensMax || each === undefined || first === undefined) return service;
  return {
    meanMs: service.meanMs,
    usualMs: Math.min(service.usualMs, first.p50 + outputTokensMax * each.p50),
    slowMs: Math.min(service.slowMs, first.p90 + outputTokensMax * each.p90),
  };
}

interface LaneSpeed {
  /** Until the first deployment takes calls again. */
  readonly opensInMs: number;
  /** Calls at the same time. */
  readonly concurrency: number;
  /** Starts in a millisecond while jobs wait. */
  readonly startsPerMs: number;
  /** Whether requests per minute bound it, and not calls at the same time. */
  readonly isRateBound: boolean;
  readonly meanMs: number;
}

interface Server {
  readonly concurrency: number;
  readonly startsPerMs: number;
  readonly opensInMs: number;
}

const minuteMs = 60_000;

function laneSpeed(live: ModelLive, meanMs: number, ask: WaitAsk): LaneSpeed | undefined {
  const servers = serversOf(live, ask);
  if (servers.length === 0) return undefined;
  const opensInMs = Math.min(...servers.map((server) => server.opensInMs));
  const open = servers.filter((server) => server.opensInMs <= opensInMs);
  // A lane with a mean of 0 would be infinitely fast.
  const callMs = Math.max(1, meanMs);
  const concurrency = sumOf(open, (server) => server.concurrency);
  const possiblePerMs = sumOf(open, (server) =>
    Math.min(server.concurrency / callMs, server.startsPerMs),
  );
  const isRateBound = possiblePerMs < concurrency / callMs;
  const startsPerMs = leanToCounted(possiblePerMs, live);
  return { opensInMs, concurrency, startsPerMs, isRateBound, meanMs: callMs };
}

/** What `answersPerSecond` looks back on, and a line that has lasted for surely longer. */
const countedSeconds = 3;
const lastingMs = 4_000;
/** Answers at which what was counted weighs as much as what should be possible. */
const evenAnswers = 10;

function leanToCounted(possiblePerMs: number, live: ModelLive): number {
  const { answersPerSecond = 0, oldestWaitMs = {} } = live;
  const hasLasted = Object.values(oldestWaitMs).some((ms) => ms >= lastingMs);
  if (!hasLasted) return possiblePerMs;
  const counted = answersPerSecond * countedSeconds;
  const weight = counted / (counted + evenAnswers);
  return weight * (answersPerSecond / 1_000) + (1 - weight) * possiblePerMs;
}

/** Deployments that serve now, or will by themselves. */
function serversOf(live: ModelLive, { model, nowMs }: WaitAsk): readonly Server[] {
  const rpm = new Map(model?.deployments.map((each) => [each.id, each.rpm]));
  if (live.deployments === undefined) {
    const rates = [...rpm.values()];
    const total = sumOf(rates, (rate) => rate ?? Number.POSITIVE_INFINITY);
    const startsPerMs = rates.length === 0 ? Number.POSITIVE_INFINITY : total / minuteMs;
    const concurrency = Math.max(1, live.concurrency);
    return [{ concurrency, startsPerMs, opensInMs: pausedMs(live, nowMs) }];
  }
  return live.deployments
    .filter(({ stopped }) => !stopped)
    .map(({ id, concurrency, pausedUntilMs, openUntilMs }) => ({
      // One that is ramping back has at least a probe.
      concurrency: Math.max(1, concurrency),
      startsPerMs: (rpm.get(id) ?? Number.POSITIVE_INFINITY) / minuteMs,
      opensInMs: Math.max(0, pausedUntilMs - nowMs, openUntilMs - nowMs),
    }));
}

/** From when the lane is open until the job's call begins. */
function queueMs(lane: LaneSpeed, live: ModelLive, ask: WaitAsk): number {
  const { concurrency, startsPerMs, isRateBound, meanMs } = lane;
  const ahead = placesAhead(live, ask);
  // Where a rate holds jobs back, permits are free and of no use to who waits.
  const free = isRateBound && live.waiting > 0 ? 0 : Math.max(0, concurrency - live.running);
  if (ahead < free) return 0;
  const firstMs = isRateBound ? 1 / (2 * startsPerMs) : meanMs / (concurrency + 1);
  return firstMs + (ahead - free) / startsPerMs;
}

function placesAhead(live: ModelLive, { priority, model, ahead }: WaitAsk): number {
  const waiting = live.waitingByClass;
  if (waiting === undefined)
    return ahead === undefined ? live.waiting : ahead.moreUrgent + ahead.same;
  const own = priorityClass(priority);
  const places = aheadOf(own, ahead ?? countAhead(own, waiting), waiting);
  // Behind a full window a job first waits for a place in it, and somebody else begins meanwhile.
  const hasLower = classesBelow(own).some((name) => (waiting[name] ?? 0) > 0);
  return hasLower && live.waiting >= windowBase(model) ? places + 1 : places;
}

/**
 * Places that are given away before a new job of a class gets one.
 *
 * While more urgent classes wait, a class has its minimum share; after that, all that the minimum
 * shares of the classes below leave.
 */
function aheadOf(own: PriorityClass, { moreUrgent, same }: PlacesAhead, waiting: Waiting): number {
  const waitingBelow = classesBelow(own).filter((name) => (waiting[name] ?? 0) > 0);
  const left = 1 - sumOf(waitingBelow, (name) => minimumShares[name]);
  if (moreUrgent === 0) return same / left;
  const share = minimumShares[own];
  const urgentPlaces = moreUrgent / (left - share);
  const byShare = share === 0 ? Number.POSITIVE_INFINITY : (same + 1) / share - 1;
  const afterThem = urgentPlaces + Math.max(0, same - share * urgentPlaces) / left;
  return Math.min(byShare, afterThem);
}

type Waiting = NonNullable<ModelLive['waitingByClass']>;

/** A new job of a class comes behind all that wait and are no less urgent. */
function countAhead(own: PriorityClass, waiting: Waiting): PlacesAhead {
  const countOf = (name: PriorityClass) => waiting[name] ?? 0;
  const above = priorityClasses.slice(0, priorityClasses.indexOf(own));
  return { moreUrgent: sumOf(above, countOf), same: countOf(own) };
}

function classesBelow(own: PriorityClass): readonly PriorityClass[] {
  return priorityClasses.slice(priorityClasses.indexOf(own) + 1);
}

function sumOf<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}
