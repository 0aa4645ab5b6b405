/**
 * Which candidate of a new plan a job takes after a failed attempt: the first that is free to
 * begin, except that some failures speak for the same model (a connection that failed once, a
 * worker that died, a hand-back) and the others against it. While every candidate is paused, the
 * one that recovers first is taken. Where nobody can say when a lane goes on (an operator holds
 * it, no worker serves it), a job goes there only if nothing else is left that takes it in time.
 */
import type { JobRecord } from '@forebay/shared/domain/job';
import { limits } from '@forebay/shared/domain/limits';
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import { type ErrorClass, ruleOf } from '@forebay/shared/domain/outcome';
import type {
  LiveSnapshot,
  ModelLive,
  RouteCandidate,
  RoutePlan,
} from '@forebay/shared/domain/route-plan';
import { hasFreePlace } from '@forebay/shared/routing/has-free-place';
import { opensAtMs } from '@forebay/shared/routing/lane-recovery';
import { shortPauseMs } from '@forebay/shared/routing/leave-paused';

export interface PickInput {
  readonly record: JobRecord;
  readonly plan: RoutePlan;
  readonly errorClass: ErrorClass;
  /** How long the deployment that failed is paused now. */
  readonly pauseMs: number;
  readonly catalog: Catalog;
  readonly live: LiveSnapshot;
  /** Server time. */
  readonly nowMs: number;
}

export interface Picked {
  readonly candidate: RouteCandidate;
  /** How long no call can begin on it, because it is paused; 0 when one can. */
  readonly pausedMs: number;
  /** Whether no candidate of the plan is free to begin. */
  readonly areAllPaused: boolean;
}

export function pickCandidate(input: PickInput): Picked | undefined {
  const places = openPlaces(input);
  const same = places.find(({ candidate }) => candidate.model === input.record.model);
  const other = firstFree(places.filter((place) => place !== same));
  const picked =
    same === undefined || other === undefined || !staysOnModel(input, { same, other })
      ? (other ?? same)
      : same;
  if (picked === undefined) return undefined;
  return { ...picked, areAllPaused: places.every((place) => place.pausedMs > 0) };
}

type Place = Omit<Picked, 'areAllPaused'>;

/** A lane that is paused until the deadline or longer is no better than one that may go on. */
function openPlaces(input: PickInput): readonly Place[] {
  const { live, nowMs, plan, record } = input;
  const places = plan.candidates.map((candidate) => ({
    candidate,
    pausedMs: pausedMsOf(candidate.model, input),
  }));
  const open = places.filter(({ candidate, pausedMs }) => {
    const lane = live.models.get(candidate.model);
    const goesOn = lane === undefined || (lane.poolAlive && lane.held === undefined);
    return goesOn && nowMs + pausedMs < record.deadlineAtMs;
  });
  return open.length > 0 ? open : places;
}

/** The first that is free to begin, else the one that will be so first. */
function firstFree(places: readonly Place[]): Place | undefined {
  const free = places.find(({ pausedMs }) => pausedMs === 0);
  const soonest = Math.min(...places.map(({ pausedMs }) => pausedMs));
  return free ?? places.find(({ pausedMs }) => pausedMs === soonest);
}

/** How long no deployment of the model takes a call. */
function pausedMsOf(model: string, input: PickInput): number {
  const { record, live, nowMs, pauseMs } = input;
  const seen = live.models.get(model);
  const lane = model === record.model ? withRefusal(seen, input) : seen;
  const seenMs = Math.max(0, (opensAtMs(lane, nowMs) ?? nowMs) - nowMs);
  const isSeen = model !== record.model || (lane?.deployments ?? []).length > 0;
  return isSeen || hasOtherDeployment(input) ? seenMs : Math.max(seenMs, pauseMs);
}

/** The snapshot can be older than what the failed attempt has just done to its own deployment. */
function withRefusal(lane: ModelLive | undefined, input: PickInput): ModelLive | undefined {
  const failed = input.record.attempts.at(-1)?.deployment;
  if (lane?.deployments === undefined) return lane;
  const isStopped = ruleOf(input.errorClass).next === 'stop_deployment';
  const isOnly = lane.deployments.every(({ id, stopped }) => id === failed || stopped);
  // With no other deployment nobody can say when somebody mends it.
  const outMs = isStopped && !isOnly ? limits.deploymentStopMs : input.pauseMs;
  const untilMs = input.nowMs + outMs;
  const deployments = lane.deployments.map((each) =>
    each.id === failed ? { ...each, pausedUntilMs: Math.max(each.pausedUntilMs, untilMs) } : each,
  );
  return { ...lane, deployments };
}

function staysOnModel(
  input: PickInput,
  { same, other }: { readonly same: Place; readonly other: Place },
): boolean {
  const { errorClass, record, live } = input;
  const { next } = ruleOf(errorClass);
  if (input.nowMs + same.pausedMs >= record.deadlineAtMs) return other.pausedMs > same.pausedMs;
  if (input.nowMs + other.pausedMs >= record.deadlineAtMs) return true;
  // Another model only if it can start sooner than this lane recovers.
  const otherMs = other.pausedMs + queueMs(live.models.get(other.candidate.model));
  const isHardlyLater = same.pausedMs - otherMs <= shortPauseMs;
  if (next === 'retry_same' || next === 'free_retry') return isHardlyLater;
  if (errorClass === 'lost_lease') return isHardlyLater && hasRoom(live.models.get(record.model));
  if (next === 'stop_deployment') {
    return hasOtherDeployment(input) && same.pausedMs <= other.pausedMs;
  }
  if (next === 'pause_lane') {
    const isFree = same.pausedMs === 0 && hasOtherDeployment(input);
    return isFree || otherMs > same.pausedMs;
  }
  return other.pausedMs > same.pausedMs;
}

/** A dead worker's permits count until its calls must be over: a lane without others is full. */
function hasRoom(lane: ModelLive | undefined): boolean {
  return lane === undefined || (lane.poolAlive && lane.running < lane.concurrency);
}

/**
 * About how long a new ticket queues in a lane; nothing is known of a lane without figures, and of
 * one that nobody has timed only its free places.
 */
function queueMs(lane: ModelLive | undefined): number {
  if (lane === undefined || (lane.poolAlive && hasFreePlace(lane))) return 0;
  const { waiting, serviceMs = Number.POSITIVE_INFINITY, concurrency } = lane;
  return ((waiting + 1) * serviceMs) / Math.max(1, concurrency);
}

/** Whether the model has a deployment that this job has not been to yet, and may go to. */
function hasOtherDeployment({ catalog, record, live }: PickInput): boolean {
  const seen = live.models.get(record.model)?.deployments ?? [];
  const stopped = new Set(seen.filter((each) => each.stopped).map(({ id }) => id));
  const used = new Set(
    record.attempts
      .filter((attempt) => attempt.model === record.model)
      .map((attempt) => attempt.deployment),
  );
  const deployments = catalog.models.get(record.model)?.deployments ?? [];
  return deployments.some(({ id }) => !used.has(id) && !stopped.has(id));
}
