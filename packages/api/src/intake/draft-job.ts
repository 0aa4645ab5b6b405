/** Makes a job ready for admission: plans it, gives it its id, and packs its payload away. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { type JobId, newJobId, type TenantId } from '@forebay/shared/domain/ids';
import type { JobWebhook } from '@forebay/shared/domain/job';
import type { Json } from '@forebay/shared/domain/json';
import type { NanoUsd } from '@forebay/shared/domain/money';
import type { IdempotencyClaim, NewJob } from '@forebay/shared/ports/job-store';
import type { SealContext } from '@forebay/shared/ports/payload-seal';
import { carriedTrace } from '@forebay/shared/telemetry/tracing';
import type { IntakeGrants } from '@forebay/shared/tenants/intake-grants';
import { webhookEndpointId } from '@forebay/shared/webhooks/endpoint-id';
import type { HeaderLookup } from './direct-request.ts';
import type { StoredWishes } from './look-up-wishes.ts';
import type { JobRequest } from './parse-job-request.ts';
import {
  type BoundedRequest,
  type PlanJobDeps,
  planRequest,
  requireCandidate,
} from './plan-job.ts';
import { isTooLate, requireInTime } from './refuse-late.ts';

export interface DraftJobDeps extends PlanJobDeps {
  /** Seals the payload; a large one is durable elsewhere when this resolves. */
  readonly vault: { pack(context: SealContext, value: Json): Promise<Uint8Array> };
  /** Why a webhook URL is not allowed; `undefined` when it is. */
  readonly refuseWebhookUrl: (url: string) => string | undefined;
}

export interface DraftOrder {
  readonly tenant: TenantId;
  /** Public id of the key that submits. */
  readonly keyId: string;
  /** In whose name it pays and counts. */
  readonly payerKeyId: string;
  readonly grants: IntakeGrants;
  readonly request: BoundedRequest;
  readonly claim: IdempotencyClaim | undefined;
  /** Of the request that brought it. */
  readonly headers: HeaderLookup | undefined;
  readonly wishes: StoredWishes;
  /** The bulk call that the job comes with; `undefined` for a single job. */
  readonly batchId: string | undefined;
  /** The ended job that this one tries again. */
  readonly retryOf: JobId | undefined;
  /** The store's time. */
  readonly nowMs: number;
}

/**
 * A job as `admit` takes it; nothing of it is in the job store yet.
 *
 * @throws ForebayError when times, webhook or models do not allow it.
 */
export async function draftJob(deps: DraftJobDeps, order: DraftOrder): Promise<NewJob> {
  const { tenant, keyId, payerKeyId, grants, headers, wishes, request, nowMs } = order;
  const webhook = checkWebhook(deps, tenant, request);
  const id = newJobId();
  const subject = { id, payer: order, grants, headers, wishes, takesTurn: true, nowMs };
  const planned = planRequest(deps, request, subject);
  const first = requireCandidate(planned.plan, request, grants);
  requireInTime(deps, planned);
  const trace = carriedTrace();
  return {
    tenant,
    id,
    spec: {
      kind: request.kind,
      requested: request.requested,
      models: request.models,
      features: planned.features,
      ...(planned.directives === undefined ? {} : { directives: planned.directives }),
      ...(request.routing === undefined ? {} : { routing: request.routing }),
      ...(grants.models === undefined ? {} : { allowedModels: grants.models }),
      metadata: request.metadata,
      user: request.user,
      customId: request.customId,
      keyId,
      ...(payerKeyId === keyId ? {} : { payerKeyId }),
      batchId: order.batchId,
      ...(order.retryOf === undefined ? {} : { retryOf: order.retryOf }),
      ...(request.retriedModel === undefined ? {} : { retriedModel: request.retriedModel }),
      riskRetries: planned.riskRetries,
      fallbackOnFilter: request.fallbackOnFilter,
      ...(request.onMiss === undefined ? {} : { onMiss: request.onMiss }),
      ...(request.stream ? { stream: true } : {}),
      webhook,
      ...(trace === undefined ? {} : { trace }),
    },
    plan: planned.plan,
    model: first.model,
    whyChosen: first.reason,
    priority: planned.priority,
    deadlineAtMs: planned.times.deadlineAtMs,
    runAtMs: planned.times.runAtMs,
    ceiling: planned.ceiling,
    reservation: BigInt(first.reservationNanoUsd),
    // The lines of a bulk call would else hold money for hours that others could use meanwhile.
    ...(order.batchId === undefined ? {} : { reservesWithClaim: true }),
    queuedMax: grants.queuedMax,
    sealedPayload: await deps.vault.pack({ tenant, job: id, field: 'payload' }, request.body),
    idempotency: order.claim,
  };
}

/**
 * The same job with as much output as an amount buys, for each model by its price.
 *
 * @param left of a budget that has turned it away.
 * @returns `undefined` when no model gives output of use for it, or each that does would answer too
 *   late: then the job as it was waits for money, or is refused, as the budget says.
 */
export function cutToBudget(
  deps: PlanJobDeps,
  order: DraftOrder,
  { job, left }: { readonly job: NewJob; readonly left: NanoUsd },
): NewJob | undefined {
  const { grants, headers, wishes, request, nowMs } = order;
  const origin = { payer: order, grants, headers, wishes, nowMs };
  const subject = { id: job.id, ...origin, takesTurn: false, budgetLeft: left };
  const planned = planRequest(deps, request, subject);
  const { plan } = planned;
  const [first] = plan.candidates;
  if (first === undefined || isTooLate(deps, planned)) return undefined;
  const { model, reason: whyChosen } = first;
  return { ...job, plan, model, whyChosen, reservation: BigInt(first.reservationNanoUsd) };
}

/** @throws ForebayError `webhook_url_refused` */
export function checkWebhook(
  deps: Pick<DraftJobDeps, 'refuseWebhookUrl'>,
  tenant: TenantId,
  request: Pick<JobRequest, 'webhook'>,
): JobWebhook | undefined {
  if (request.webhook === undefined) return undefined;
  const { url, events } = request.webhook;
  const reason = deps.refuseWebhookUrl(url);
  if (reason !== undefined) {
    const detail = `"webhook.url" is not allowed. ${reason}`;
    throw new ForebayError('webhook_url_refused', detail, {
      param: 'webhook.url',
      errors: [{ pointer: '/webhook/url', code: 'webhook_url_refused', detail: reason }],
    });
  }
  return { url, events, endpointId: webhookEndpointId(tenant, url) };
}
