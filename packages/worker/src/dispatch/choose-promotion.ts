/**
 * Whether a waiting job is to be moved because it waits too long, and where to. Pure.
 *
 * P1. It has waited, and will probably wait on, for longer than the limit of its class; or a slow
 *     call would pass its deadline where it stands, and not where it would go.
 * P2. It goes to the first candidate of its plan that has a free place, so that its strategy, its
 *     ceiling and its key hold as ever. Who named one model stays on it, unless the operator lets
 *     its fallbacks take the strain; who is on the model of its session stays, too.
 * P3. It is moved once, and not for a gain that is hardly one: so no job goes to and fro.
 * P4. While money runs short nothing moves to where it costs more.
 */
import type { JobRecord } from '@forebay/shared/domain/job';
import { priorityClass } from '@forebay/shared/domain/priority';
import {
  type PromotionLimit,
  type PromotionSettings,
  promotedClasses,
} from '@forebay/shared/domain/promotion';
import type { RouteCandidate } from '@forebay/shared/domain/route-plan';
import { outputMaxOf } from '@forebay/shared/routing/output-max-of';
import { aimOf } from '@forebay/shared/routing/plan-input';
import { type PlacesAhead, predictWait } from '@forebay/shared/routing/predict-wait';
import type { DecideInput } from './next-move.ts';
import { replan } from './replan-job.ts';

export interface PromotionQuestion extends Omit<DecideInput, 'why' | 'jitter'> {
  /** Who begins before it where it stands. */
  readonly ahead: PlacesAhead;
  /** Free places by model. */
  readonly rooms: ReadonlyMap<string, number>;
  readonly settings: PromotionSettings;
}

export interface ChosenPromotion {
  readonly to: string;
  /** How much longer it would have waited; `undefined` where nobody can say. */
  readonly waitMs: number | undefined;
}

export function choosePromotion(question: PromotionQuestion): ChosenPromotion | undefined {
  const { record, settings, rooms } = question;
  const limit = limitOf(record.priority, settings);
  if (limit === 'off' || !mayMove(question)) return undefined;
  const strain = strainOf(question, limit);
  if (strain === undefined) return undefined;
  const plan = replan(
    { ...question, why: { kind: 'overloaded', to: '', waitMs: 0 }, jitter: 0 },
    undefined,
  );
  const fits = (candidate: RouteCandidate) =>
    (rooms.get(candidate.model) ?? 0) > 0 && isSound(candidate, question);
  const candidate = plan.candidates.find(fits);
  return candidate && { to: candidate.model, waitMs: strain.waitMs };
}

function limitOf(priority: number, { limits }: PromotionSettings): PromotionLimit {
  const name = priorityClass(priority);
  const promoted = promotedClasses.find((each) => each === name);
  return promoted === undefined ? 'off' : limits[promoted];
}

/** P2 and P3, as far as the job alone decides. */
function mayMove({ record, settings, catalog }: PromotionQuestion): boolean {
  if (record.state !== 'queued' || record.waitsFor !== undefined) return false;
  if (record.promotion !== undefined) return false;
  const { spec } = record;
  if (spec.directives?.stickTo === record.model) return false;
  const { models, requested } = aimOf(spec);
  const anyWillDo = models.length > 1 || (models.length === 0 && catalog.routes.has(requested));
  return anyWillDo || settings.toFallbacks;
}

interface Strain {
  readonly waitMs: number | undefined;
}

/** The least that a move must gain, unless the deadline asks for it. */
const gainMsMin = 500;

/** P1; `undefined` while the job stands well enough. */
function strainOf(question: PromotionQuestion, limit: PromotionLimit): Strain | undefined {
  const { record, catalog, live, nowMs, ahead } = question;
  const model = catalog.models.get(record.model);
  const outputTokensMax = outputMaxOf(record);
  const ask = { priority: record.priority, nowMs, model, ahead, outputTokensMax };
  const wait = predictWait(live.models.get(record.model), ask);
  if (wait !== undefined && nowMs + wait.slowFinishMs > record.deadlineAtMs && wait.startMs > 0) {
    return { waitMs: wait.startMs };
  }
  if (typeof limit !== 'number') return undefined;
  const waitedMs = nowMs - waitingSinceMs(record);
  // Of a lane that has answered nothing yet only what has passed is known.
  if (wait === undefined) return waitedMs > limit ? { waitMs: undefined } : undefined;
  const isLong = waitedMs + wait.startMs > limit;
  const isWorthIt = wait.startMs >= Math.min(gainMsMin, limit / 4);
  return isLong && isWorthIt ? { waitMs: wait.startMs } : undefined;
}

/** When it began to wait for what it waits for now. */
function waitingSinceMs({ history, createdAtMs }: JobRecord): number {
  let sinceMs: number | undefined;
  for (const { state, atMs } of history.toReversed()) {
    if (state !== 'queued') break;
    sinceMs = atMs;
  }
  return sinceMs ?? createdAtMs;
}

/** P1, P4, and no guess against it: a plan also names doubtful models while there is no other. */
function isSound(candidate: RouteCandidate, question: PromotionQuestion): boolean {
  const { record, nowMs, brownout } = question;
  const { model, expectedMs = 0 } = candidate;
  if (record.spec.directives?.avoidModels?.includes(model) === true) return false;
  if (nowMs + expectedMs > record.deadlineAtMs) return false;
  return brownout === undefined || premiumOf(record, candidate) <= 0n;
}

/** What the job will probably cost more on the candidate than where it is; may be below zero. */
export function premiumOf(record: JobRecord, candidate: RouteCandidate): bigint {
  const { candidates } = record.plan;
  const here = candidates.find(({ model }) => model === record.model) ?? candidate;
  return BigInt(candidate.expectedNanoUsd) - BigInt(here.expectedNanoUsd);
}
