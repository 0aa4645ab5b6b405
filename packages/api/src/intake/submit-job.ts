/**
 * Takes a job in: parse → bound → plan → admit → place ticket → answer. One of the files to read
 * first.
 *
 *  I1. Nothing is stored before the job is known to be sound, affordable and routable.
 *  I2. `admit` writes record, reservation, idempotency and due entry in one step (S2). From then
 *      on the job is acknowledged, whatever happens to its ticket: the reconciler compares
 *      records with tickets and brings what is missing (S3).
 *  I3. The same key with the same request gives the same job, however often, however late, and
 *      however many at once; only `admit` decides who was first.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { type JobId, newJobId, type TenantId } from '@forebay/shared/domain/ids';
import type { JobRecord, JobWebhook } from '@forebay/shared/domain/job';
import type { Json } from '@forebay/shared/domain/json';
import type { NanoUsd } from '@forebay/shared/domain/money';
import type { IdempotencyLookup } from '@forebay/shared/ports/idempotency-lookup';
import type { IdempotencyClaim, JobStore, NewJob } from '@forebay/shared/ports/job-store';
import type { SealContext } from '@forebay/shared/ports/payload-seal';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { type PlaceTicketDeps, placeTicket } from '@forebay/shared/tickets/place-ticket';
import { ticketOf } from '@forebay/shared/tickets/ticket-of';
import { webhookEndpointId } from '@forebay/shared/webhooks/endpoint-id';
import { claimIdempotency } from './idempotency.ts';
import type { IntakeEvents } from './intake-events.ts';
import type { JobRequest } from './parse-job-request.ts';
import {
  type PlanJobDeps,
  type PlannedJob,
  planRequest,
  type ReceivedEnvelope,
  readRequest,
  requireCandidate,
} from './plan-job.ts';
import { findRecord, readRecord } from './read-job.ts';

export interface SubmitJobDeps extends PlanJobDeps {
  readonly jobs: Pick<JobStore, 'admit' | 'read' | 'nowMs'>;
  readonly idempotency: IdempotencyLookup;
  /** Seals the payload; a large one is durable elsewhere when this resolves. */
  readonly vault: { pack(context: SealContext, value: Json): Promise<Uint8Array> };
  readonly tickets: PlaceTicketDeps;
  /** Why a webhook URL is not allowed; `undefined` when it is. */
  readonly refuseWebhookUrl: (url: string) => string | undefined;
  readonly events: IntakeEvents;
}

export interface Submission extends ReceivedEnvelope {
  readonly tenant: TenantId;
  /** From the `Idempotency-Key` header. */
  readonly idempotencyKey: string | undefined;
  readonly method: string;
  readonly pathTemplate: string;
}

export interface Submitted {
  readonly record: JobRecord;
  /** The key had made this job before. */
  readonly replayed: boolean;
}

/**
 * @throws ForebayError with a code for the caller; after `store_unavailable` it is unknown
 *   whether the job exists, and the same key is safe to send again.
 */
export async function submitJob(deps: SubmitJobDeps, submission: Submission): Promise<Submitted> {
  const request = readRequest(submission);
  const claim = claimKey(submission);
  const earlier = await findEarlierJob(deps, submission.tenant, claim);
  if (earlier !== undefined) return earlier;

  const webhook = checkWebhook(deps, submission.tenant, request);
  const id = newJobId();
  const planned = await planRequest(deps, request, { id, takesTurn: true });
  const { tenant } = submission;
  const job = await draftJob(deps, { tenant, id, request, planned, webhook, claim });

  crashPoint('api.before-admit');
  const admitted = await deps.jobs.admit(job);
  crashPoint('api.after-admit');
  switch (admitted.kind) {
    case 'idempotency_mismatch':
      throw keyUsedOtherwise();
    case 'replayed':
      return replayed(deps, await readRecord(deps, tenant, admitted.id));
    case 'admitted': {
      const { record } = admitted;
      const { id, tenant, model, priority } = record;
      deps.events.emit('job.admitted', { job: id, tenant, model, priority });
      if (record.state === 'queued') await bringTicket(deps, record);
      return { record, replayed: false };
    }
  }
}

/**
 * A repeated submission must find its job even when it could not be admitted anew (I3). A key
 * whose job has left the store is free again: admission decides as for a new one.
 */
async function findEarlierJob(
  deps: SubmitJobDeps,
  tenant: TenantId,
  claim: IdempotencyClaim | undefined,
): Promise<Submitted | undefined> {
  const known = claim && (await deps.idempotency.find(tenant, claim.keyHash));
  if (claim === undefined || known === undefined) return undefined;
  const record = await findRecord(deps, tenant, known.job);
  if (record === undefined) return undefined;
  if (known.fingerprint !== claim.fingerprint) throw keyUsedOtherwise();
  return replayed(deps, record);
}

function replayed(deps: SubmitJobDeps, record: JobRecord): Submitted {
  deps.events.emit('job.replayed', { job: record.id, tenant: record.tenant });
  return { record, replayed: true };
}

function claimKey(submission: Submission): IdempotencyClaim | undefined {
  const { idempotencyKey: key, tenant, method, pathTemplate } = submission;
  if (key === undefined) return undefined;
  return claimIdempotency({ tenant, method, pathTemplate, key }, submission.envelope);
}

function checkWebhook(
  deps: SubmitJobDeps,
  tenant: TenantId,
  request: JobRequest,
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

interface Draft {
  readonly tenant: TenantId;
  readonly id: JobId;
  readonly request: JobRequest;
  readonly planned: PlannedJob;
  readonly webhook: JobWebhook | undefined;
  readonly claim: IdempotencyClaim | undefined;
}

/** A job as `admit` takes it. @throws ForebayError when no model can take it (I1). */
async function draftJob(deps: SubmitJobDeps, draft: Draft): Promise<NewJob> {
  const { tenant, id, request, planned } = draft;
  const first = requireCandidate(planned.plan, request);
  return {
    tenant,
    id,
    spec: {
      kind: request.kind,
      requested: request.requested,
      models: request.models,
      features: planned.features,
      metadata: request.metadata,
      user: request.user,
      customId: request.customId,
      riskRetries: planned.riskRetries,
      fallbackOnFilter: request.fallbackOnFilter,
      webhook: draft.webhook,
    },
    plan: planned.plan,
    model: first.model,
    whyChosen: first.reason,
    priority: request.priority,
    deadlineAtMs: planned.times.deadlineAtMs,
    runAtMs: planned.times.runAtMs,
    ceiling: planned.ceiling,
    reservation: reservationOf(planned, BigInt(first.reservationNanoUsd)),
    sealedPayload: await deps.vault.pack({ tenant, job: id, field: 'payload' }, request.body),
    idempotency: draft.claim,
  };
}

/** A scheduled job holds no money yet; it reserves when it is fed. */
function reservationOf(planned: PlannedJob, worstCase: NanoUsd): NanoUsd {
  return planned.times.runAtMs === undefined ? worstCase : 0n;
}

/** Gives the admitted job its ticket now, so that it need not wait for the reconciler. */
async function bringTicket(deps: SubmitJobDeps, record: JobRecord): Promise<void> {
  crashPoint('api.before-ticket');
  try {
    await placeTicket(deps.tickets, ticketOf(record));
  } catch (error) {
    // Going on is safe: the job is acknowledged by its record, and the reconciler finds that its
    // ticket is missing (I2). Failing here would tell the caller that there is no job.
    const { id: job, tenant } = record;
    deps.events.emit('ticket.placement_failed', { job, tenant, error });
  }
  crashPoint('api.after-ticket');
}

function keyUsedOtherwise(): ForebayError {
  return new ForebayError(
    'idempotency_mismatch',
    'This Idempotency-Key was used with another request. Send the same body as the first time, ' +
      'or a new key for a new job.',
    { param: 'Idempotency-Key' },
  );
}
