/**
 * Which candidate of a new plan a job takes after a failed attempt: the first, except that some
 * failures speak for the same model (a connection that failed once, a worker that died, a
 * hand-back) and the others against it.
 */
import type { JobRecord } from '@forebay/shared/domain/job';
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import { type ErrorClass, ruleOf } from '@forebay/shared/domain/outcome';
import type {
  LiveSnapshot,
  ModelLive,
  RouteCandidate,
  RoutePlan,
} from '@forebay/shared/domain/route-plan';

export interface PickInput {
  readonly record: JobRecord;
  readonly plan: RoutePlan;
  readonly errorClass: ErrorClass;
  /** How long the lane that failed is paused now. */
  readonly pauseMs: number;
  readonly catalog: Catalog;
  readonly live: LiveSnapshot;
}

export function pickCandidate(input: PickInput): RouteCandidate | undefined {
  const { record, plan } = input;
  const same = plan.candidates.find((candidate) => candidate.model === record.model);
  const other = plan.candidates.find((candidate) => candidate.model !== record.model);
  if (same === undefined || other === undefined) return same ?? other;
  return staysOnModel(input, other) ? same : other;
}

function staysOnModel(input: PickInput, other: RouteCandidate): boolean {
  const { errorClass, record, live } = input;
  const { next } = ruleOf(errorClass);
  if (next === 'retry_same' || next === 'free_retry') return true;
  if (errorClass === 'lost_lease') return hasRoom(live.models.get(record.model));
  if (next === 'stop_deployment') return hasOtherDeployment(input);
  // Another model only if it can start sooner than this lane recovers.
  if (next === 'pause_lane') {
    return hasOtherDeployment(input) || waitMs(live.models.get(other.model)) > input.pauseMs;
  }
  return false;
}

/** A dead worker's permits count until its calls must be over: a lane without others is full. */
function hasRoom(lane: ModelLive | undefined): boolean {
  return lane === undefined || (lane.poolAlive && lane.running < lane.concurrency);
}

/** About how long a new ticket waits in a lane; nothing is known of a lane without figures. */
function waitMs(lane: ModelLive | undefined): number {
  if (lane === undefined || hasRoom(lane)) return 0;
  return ((lane.waiting + 1) * (lane.serviceMs ?? 0)) / Math.max(1, lane.concurrency);
}

/** Whether the model has a deployment that this job has not been to yet. */
function hasOtherDeployment({ catalog, record }: PickInput): boolean {
  const used = new Set(
    record.attempts
      .filter((attempt) => attempt.model === record.model)
      .map((attempt) => attempt.deployment),
  );
  const deployments = catalog.models.get(record.model)?.deployments ?? [];
  return deployments.some((deployment) => !used.has(deployment.id));
}
