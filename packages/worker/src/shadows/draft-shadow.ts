/**
 * A shadow as `admit` takes it: a job of the operator's tenant that names one model and may use no
 * other, with the features of the job that it repeats and nothing of what makes that its caller's.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '@forebay/shared/domain/canonical-json';
import { newJobId } from '@forebay/shared/domain/ids';
import type { JobRecord, JobSpec, ShadowOrigin } from '@forebay/shared/domain/job';
import { limits } from '@forebay/shared/domain/limits';
import type { Catalog, RouteShadow } from '@forebay/shared/domain/model-catalog';
import type { NanoUsd } from '@forebay/shared/domain/money';
import { priorityNames } from '@forebay/shared/domain/priority';
import type { LiveSnapshot, RoutePlan } from '@forebay/shared/domain/route-plan';
import type { IdempotencyClaim, JobRef, NewJob } from '@forebay/shared/ports/job-store';
import { noHistory } from '@forebay/shared/routing/plan-input';
import { planRoute } from '@forebay/shared/routing/plan-route';
import { planSeed } from '@forebay/shared/routing/plan-seed';

export interface ShadowOrder {
  /** The ended job. */
  readonly record: JobRecord;
  readonly route: string;
  readonly shadow: RouteShadow;
  readonly ceiling: NanoUsd;
  /** The store's time. */
  readonly nowMs: number;
}

export interface ShadowMeans {
  readonly catalog: Catalog;
  readonly live: LiveSnapshot;
  /** Packs what stands in the request's place. */
  readonly packNothing: (ref: JobRef) => Promise<Uint8Array>;
}

/** `undefined` when the model cannot take the request, or not within the ceiling. */
export async function draftShadow(
  means: ShadowMeans,
  order: ShadowOrder,
): Promise<NewJob | undefined> {
  const { record, shadow, ceiling, nowMs } = order;
  const origin = originOf(order);
  if (origin === undefined) return undefined;
  const ref = { tenant: shadow.tenant, id: newJobId() };
  const deadlineAtMs = nowMs + shadow.expiresMs;
  const plan = planShadow(means, order, { ref, deadlineAtMs });
  const [candidate] = plan.candidates;
  if (candidate === undefined) return undefined;
  return {
    ...ref,
    spec: specOf(record, { shadow, origin }),
    plan,
    model: candidate.model,
    whyChosen: candidate.reason,
    priority: priorityNames.bulk,
    deadlineAtMs,
    runAtMs: undefined,
    ceiling,
    reservation: BigInt(candidate.reservationNanoUsd),
    sealedPayload: await means.packNothing(ref),
    idempotency: claimOf(record),
  };
}

/** How the last attempt fared; a job without one has nothing to be compared with. */
function originOf({ record, route }: ShadowOrder): ShadowOrigin | undefined {
  const attempt = record.attempts.at(-1);
  if (attempt?.end === undefined) return undefined;
  const { outcome, costNanoUsd, endedAtMs, firstByteMs } = attempt.end;
  return {
    tenant: record.tenant,
    id: record.id,
    route,
    model: attempt.model,
    outcome,
    costNanoUsd: costNanoUsd.toString(),
    callMs: Math.max(0, endedAtMs - attempt.startedAtMs),
    ...(firstByteMs === undefined ? {} : { firstByteMs }),
  };
}

/** A list of one model has no fallbacks, and who may name one model is moved to no other. */
function specOf(
  { spec }: JobRecord,
  { shadow, origin }: { readonly shadow: RouteShadow; readonly origin: ShadowOrigin },
): JobSpec {
  return {
    kind: spec.kind,
    requested: shadow.model,
    models: [shadow.model],
    features: spec.features,
    allowedModels: [shadow.model],
    metadata: {
      shadow_of: origin.id,
      shadow_of_tenant: origin.tenant,
      shadow_route: origin.route,
    },
    user: undefined,
    customId: undefined,
    shadowOf: origin,
    riskRetries: 0,
    fallbackOnFilter: false,
    onMiss: spec.onMiss === 'accept' ? 'accept' : 'fail',
    webhook: undefined,
  };
}

function planShadow(
  { catalog, live }: ShadowMeans,
  { record, shadow, ceiling, nowMs }: ShadowOrder,
  { ref, deadlineAtMs }: { readonly ref: JobRef; readonly deadlineAtMs: number },
): RoutePlan {
  return planRoute({
    catalog,
    live,
    request: {
      requested: shadow.model,
      models: [shadow.model],
      features: record.spec.features,
      priority: priorityNames.bulk,
      allowedModels: [shadow.model],
    },
    limits: {
      ceilingLeftNanoUsd: ceiling,
      deadlineAtMs,
      nowMs,
      attemptsPerModelMax: limits.attemptsPerModelMax,
    },
    history: noHistory,
    seed: planSeed(ref.id),
  });
}

/** One shadow for each job, however often and by whomever it is looked at. */
function claimOf({ tenant, id }: JobRecord): IdempotencyClaim {
  const hash = createHash('sha256').update(canonicalJson(['shadow', tenant, id]), 'utf8');
  const keyHash = hash.digest('hex');
  return { keyHash, fingerprint: keyHash };
}
