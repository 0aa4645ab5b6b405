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
import type { JobId, TenantId } from '@forebay/shared/domain/ids';
import { type JobRecord, wantsTicket } from '@forebay/shared/domain/job';
import type { Json } from '@forebay/shared/domain/json';
import type { IdempotencyClaim, JobStore } from '@forebay/shared/ports/job-store';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { inSpan } from '@forebay/shared/telemetry/tracing';
import type { IntakeGrants } from '@forebay/shared/tenants/intake-grants';
import { type PlaceTicketDeps, placeTicket } from '@forebay/shared/tickets/place-ticket';
import { ticketOf } from '@forebay/shared/tickets/ticket-of';
import { admitWhatFits } from './admit-what-fits.ts';
import type { HeaderLookup } from './direct-request.ts';
import { type DraftJobDeps, type DraftOrder, draftJob } from './draft-job.ts';
import { type FindEarlierJobDeps, findEarlierJob, keyUsedOtherwise } from './find-earlier-job.ts';
import { claimIdempotency } from './idempotency.ts';
import type { IntakeEvents } from './intake-events.ts';
import { lookUpWishes, noteSession } from './look-up-wishes.ts';
import { type BoundedRequest, type ReceivedEnvelope, readRequest } from './plan-job.ts';
import { findRecord } from './read-job.ts';
import { moneyStopped, overBudget } from './refuse-for-money.ts';
import { queueFull } from './refuse-for-queue.ts';

export interface SubmitJobDeps extends DraftJobDeps, FindEarlierJobDeps {
  readonly jobs: Pick<JobStore, 'admit' | 'read' | 'nowMs'>;
  readonly tickets: PlaceTicketDeps;
  readonly events: IntakeEvents;
}

/** Where a key was sent, and which. */
export interface KeyedCall {
  readonly tenant: TenantId;
  /** Public id of the key that calls. */
  readonly keyId: string;
  /** In whose name it pays and counts. */
  readonly payerKeyId: string;
  /** What it may ask for. */
  readonly grants: IntakeGrants;
  /** Of the request; none when an operator acts. */
  readonly headers?: HeaderLookup | undefined;
  /** From the `Idempotency-Key` header. */
  readonly idempotencyKey: string | undefined;
  readonly method: string;
  readonly pathTemplate: string;
}

export interface Submission extends ReceivedEnvelope, KeyedCall {}

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
  const { tenant, keyId, payerKeyId, grants, headers, envelope } = submission;
  const claim = claimKey(submission, envelope);
  const asked = { retryOf: undefined, request: async () => request };
  return takeIn(deps, { tenant, keyId, payerKeyId, grants, headers, claim, ...asked });
}

/** A job to be taken in: a new one, or an ended one that is tried again. */
export interface Intake
  extends Pick<
    DraftOrder,
    'tenant' | 'keyId' | 'payerKeyId' | 'grants' | 'headers' | 'claim' | 'retryOf'
  > {
  /** What is asked for; not needed when the key has made the job before. */
  readonly request: () => Promise<BoundedRequest>;
}

/** From the key to the ticket. @throws as {@link submitJob}, and what `request` throws. */
export function takeIn(deps: SubmitJobDeps, intake: Intake): Promise<Submitted> {
  return inSpan('submit job', { kind: 'producer', under: 'running' }, async (span) => {
    const submitted = await takeOrFind(deps, intake);
    const { id, tenant, model, priority } = submitted.record;
    span.set({
      'forebay.job.id': id,
      'forebay.job.priority': priority,
      'forebay.job.replayed': submitted.replayed,
      'forebay.model': model,
      'forebay.tenant': tenant,
    });
    return submitted;
  });
}

async function takeOrFind(deps: SubmitJobDeps, intake: Intake): Promise<Submitted> {
  const { tenant, keyId, payerKeyId, grants, headers, claim, retryOf } = intake;
  const earlier = await findEarlierJob(deps, tenant, claim);
  if (earlier !== undefined) return replayed(deps, earlier);

  const request = await intake.request();
  const [nowMs, wishes] = await Promise.all([
    deps.jobs.nowMs(),
    lookUpWishes(deps, tenant, request),
  ]);
  const payer = { tenant, keyId, payerKeyId, grants, headers, wishes };
  const order = { ...payer, request, claim, retryOf, batchId: undefined, nowMs };
  const job = await draftJob(deps, order);

  crashPoint('api.before-admit');
  const admitted = await admitWhatFits(deps, order, job);
  crashPoint('api.after-admit');
  switch (admitted.kind) {
    case 'idempotency_mismatch':
      throw keyUsedOtherwise();
    case 'queue_full':
      throw queueFull(grants);
    case 'over_budget':
      throw overBudget(admitted);
    case 'stopped':
      throw moneyStopped(admitted.reason);
    case 'replayed':
      return replayed(deps, await readEarlier(deps, tenant, admitted.id));
    case 'admitted': {
      const { record } = admitted;
      const { id, model, priority } = record;
      deps.events.emit('job.admitted', { job: id, tenant, model, priority });
      noteSession(deps, record);
      if (wantsTicket(record)) await bringTicket(deps, record);
      return { record, replayed: false };
    }
  }
}

function replayed(deps: SubmitJobDeps, record: JobRecord): Submitted {
  deps.events.emit('job.replayed', { job: record.id, tenant: record.tenant });
  return { record, replayed: true };
}

/** The key is taken by a job that was deleted: running it again unasked could pay twice. */
async function readEarlier(deps: SubmitJobDeps, tenant: TenantId, id: JobId): Promise<JobRecord> {
  const record = await findRecord(deps, tenant, id);
  if (record !== undefined) return record;
  throw new ForebayError(
    'job_deleted',
    `This Idempotency-Key has made job ${id}, which was deleted. Use a new key to run it again.`,
    { param: 'Idempotency-Key' },
  );
}

/** @param request all that makes the call what it is. */
export function claimKey(call: KeyedCall, request: Json): IdempotencyClaim | undefined {
  const { idempotencyKey: key, tenant, method, pathTemplate } = call;
  if (key === undefined) return undefined;
  return claimIdempotency({ tenant, method, pathTemplate, key }, request);
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
