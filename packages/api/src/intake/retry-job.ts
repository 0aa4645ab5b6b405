/**
 * Tries a job again that has ended without an answer, as a new job: terminal states never change.
 * The new one is taken in like any other (see `submit-job.ts`), from the stored request of the
 * first, with what the caller wants otherwise.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JobId } from '@forebay/shared/domain/ids';
import type { JobRecord } from '@forebay/shared/domain/job';
import { isTerminal } from '@forebay/shared/domain/job-state';
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import type { RoutingWishes } from '@forebay/shared/domain/route-plan';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { SealContext } from '@forebay/shared/ports/payload-seal';
import { parseRetryRequest, type RetryRequest } from './parse-retry-request.ts';
import type { BoundedRequest } from './plan-job.ts';
import { requireUsableSchema } from './read-features.ts';
import { readRecord } from './read-job.ts';
import { isKnownModel } from './require-known-models.ts';
import {
  claimKey,
  type KeyedCall,
  type SubmitJobDeps,
  type Submitted,
  takeIn,
} from './submit-job.ts';

export interface RetryJobDeps extends SubmitJobDeps {
  readonly jobs: SubmitJobDeps['jobs'] & Pick<JobStore, 'readPayload'>;
  readonly vault: SubmitJobDeps['vault'] & {
    unpack(context: SealContext, packed: Uint8Array): Promise<Json>;
  };
}

export interface RetryOrder extends KeyedCall {
  /** The job to be tried again. */
  readonly id: JobId;
  /** `null` for none. */
  readonly body: Json;
}

/**
 * @throws ForebayError `not_found`, `job_not_retryable`, `request_gone`, or as a submission of the
 *   same request would.
 */
export async function retryJob(deps: RetryJobDeps, order: RetryOrder): Promise<Submitted> {
  const wanted = parseRetryRequest(order.body);
  const { tenant, keyId, payerKeyId, grants, headers, id } = order;
  return takeIn(deps, {
    tenant,
    keyId,
    payerKeyId,
    grants,
    headers,
    // The path that is remembered with a key names no job, so the job is part of the request.
    claim: claimKey(order, { id, request: order.body ?? {} }),
    retryOf: id,
    async request() {
      const record = await readRecord(deps, tenant, id);
      requireRetryable(record);
      const body = await readBody(deps, record);
      return requestAgain(record, wanted, { body, catalog: deps.catalog() });
    },
  });
}

function requireRetryable({ state, spec }: JobRecord): void {
  if (spec.shadowOf !== undefined) {
    const detail = 'The job is a shadow and has no request of its own.';
    throw new ForebayError('job_not_retryable', `${detail} Submit what it repeats as a new job.`);
  }
  if (state === 'failed' || state === 'cancelled' || state === 'expired') return;
  const remedy = isTerminal(state)
    ? 'Its answer stands with the job. To ask again, submit a new job.'
    : 'Only a job that has ended without an answer is retried. Wait for its end, or cancel it.';
  throw new ForebayError('job_not_retryable', `The job is ${state}. ${remedy}`);
}

/** The request as it was, with a deadline that leaves as much time as the first one did. */
function requestAgain(
  record: JobRecord,
  wanted: RetryRequest,
  { body, catalog }: { readonly body: JsonObject; readonly catalog: Catalog },
): BoundedRequest {
  const { spec } = record;
  const onMiss = wanted.onMiss ?? spec.onMiss;
  // Whoever took any answer at first never had the schema looked at.
  if (wanted.onMiss !== undefined) requireUsableSchema({ kind: spec.kind, body, onMiss });
  const firstTimeMs = record.deadlineAtMs - (record.runAtMs ?? record.createdAtMs);
  const timeoutMs = wanted.timeoutMs ?? Math.min(firstTimeMs, limits.deadlineMaxMs);
  return {
    kind: spec.kind,
    requested: wanted.requested ?? spec.requested,
    models: wanted.requested === undefined ? spec.models : wanted.models,
    body,
    features: spec.features,
    priority: wanted.priority ?? record.priority,
    ceiling: wanted.ceiling ?? record.money.ceiling,
    times: { runAtMs: undefined, deadlineAtMs: wanted.deadlineAtMs, timeoutMs },
    webhook: spec.webhook && { url: spec.webhook.url, events: spec.webhook.events },
    metadata: spec.metadata,
    user: spec.user,
    customId: spec.customId,
    routing: wanted.routing === undefined ? wishesAgain(record, catalog) : wanted.routing.wishes,
    // Rules may go by headers, which nobody has kept.
    boundTo: spec.directives,
    retriedModel: answeredInVain(record),
    riskRetries: spec.riskRetries,
    fallbackOnFilter: spec.fallbackOnFilter,
    acceptsLate: undefined,
    onMiss,
    cutsOutput: spec.features.cutsOutput ?? false,
    stream: spec.stream ?? false,
  };
}

/** The model whose answer the job ended for: its caller wants another one. */
function answeredInVain({ attempts }: JobRecord): string | undefined {
  const last = attempts.at(-1);
  const outcome = last?.end?.outcome;
  return outcome === 'malformed_output' || outcome === 'content_filtered' ? last?.model : undefined;
}

/** Without models that are no longer configured: nobody can correct the request any more. */
function wishesAgain({ spec }: JobRecord, catalog: Catalog): RoutingWishes | undefined {
  const { routing } = spec;
  if (routing === undefined) return undefined;
  const { prefer = [], avoid = [] } = routing;
  const known = (names: readonly string[]) => names.filter((name) => isKnownModel(catalog, name));
  return { ...routing, prefer: known(prefer), avoid: known(avoid) };
}

async function readBody(deps: RetryJobDeps, { tenant, id }: JobRecord): Promise<JsonObject> {
  const packed = await deps.jobs.readPayload({ tenant, id });
  if (packed === undefined) throw requestGone(undefined);
  try {
    const body = await deps.vault.unpack({ tenant, job: id, field: 'payload' }, packed);
    if (isJsonObject(body)) return body;
  } catch (error) {
    if (ForebayError.is(error) && error.code === 'internal') throw requestGone(error);
    throw error;
  }
  throw requestGone(undefined);
}

/** Requests are kept for a shorter time than their jobs. */
function requestGone(cause: unknown): ForebayError {
  const hours = limits.payloadRetentionMs / 3_600_000;
  const detail =
    `The request of this job is not stored any more; it is kept for ${hours} hours after the ` +
    "job's end. Submit it again as a new job.";
  return new ForebayError('request_gone', detail, { cause });
}
