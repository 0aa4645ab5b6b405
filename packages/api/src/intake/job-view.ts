/**
 * The native job object: what a caller sees of a record. Money is decimal US dollars as text,
 * times are RFC 3339, a member without a value is `null` and never missing.
 */
import { attemptId, type JobId } from '@forebay/shared/domain/ids';
import type { Attempt, AttemptError, JobRecord } from '@forebay/shared/domain/job';
import type { JsonObject } from '@forebay/shared/domain/json';
import { formatUsd } from '@forebay/shared/domain/money';
import type { RateLimitHeaders } from '@forebay/shared/domain/rate-limits';
import type { Usage } from '@forebay/shared/domain/usage';
import { type JobExpectation, viewExpectation } from './expect-job.ts';
import type { JobAnswer } from './read-answer.ts';
import { currentReason } from './status-reason.ts';
import { viewMove, viewPlan } from './view-plan.ts';

/** What is shown of a job and not part of its record. */
export interface JobViewExtras {
  /** Tickets ahead of it; `undefined` when it does not wait. */
  readonly queuePosition: number | undefined;
  /** When it will probably begin and end; `undefined` when it does not wait. */
  readonly expected: JobExpectation | undefined;
  /** The provider's answer; `undefined` until the job has succeeded. */
  readonly answer: JobAnswer | undefined;
}

/** Builds the job object. */
export function viewJob(record: JobRecord, extras: JobViewExtras): JsonObject {
  const { answer } = extras;
  return {
    id: record.id,
    object: 'job',
    kind: record.spec.kind,
    status: record.state,
    status_reason: viewReason(record, extras),
    version: record.version,
    created_at: timeText(record.createdAtMs),
    run_at: timeText(record.runAtMs),
    started_at: timeText(record.startedAtMs),
    finished_at: timeText(record.finishedAtMs),
    cancel_requested_at: timeText(record.cancelRequestedAtMs),
    deadline_at: timeText(record.deadlineAtMs),
    priority: record.priority,
    queue_position: extras.queuePosition ?? null,
    expected: viewExpectation(extras.expected),
    requested_model: record.spec.requested,
    model: record.model,
    route: viewPlan(record.plan, record.spec.features),
    moves: (record.moves ?? []).map(viewMove),
    promotion: viewPromotion(record),
    attempts: record.attempts.map((attempt) => viewAttempt(record.id, attempt)),
    cost: viewCost(record),
    output_cap: viewOutputCap(record),
    usage: viewUsage(record.usage),
    result: answer?.kind === 'shown' ? answer.result : null,
    result_url: answer?.kind === 'large' ? resultPath(record.id) : null,
    error: viewError(record),
    stream: record.spec.stream ?? false,
    webhook: viewWebhook(record),
    metadata: record.spec.metadata,
    user: record.spec.user ?? null,
    key_id: record.spec.keyId ?? null,
    batch_id: record.spec.batchId ?? null,
    custom_id: record.spec.customId ?? null,
    retry_of: record.spec.retryOf ?? null,
  };
}

/** Where the answer of a job is read by itself. */
export function resultPath(id: JobId): string {
  return `/v1/jobs/${id}/result`;
}

function viewReason(record: JobRecord, extras: JobViewExtras): JsonObject {
  const { queuePosition, expected } = extras;
  const { code, text } = currentReason(record, queuePosition, expected?.opensAtMs);
  return { code, text };
}

function viewPromotion({ promotion }: JobRecord): JsonObject | null {
  if (promotion === undefined) return null;
  const { from, to, premiumNanoUsd, savedMs, atMs } = promotion;
  return {
    from,
    to,
    premium_usd: formatUsd(premiumNanoUsd),
    saved_seconds: savedMs === undefined ? null : savedMs / 1000,
    at: timeText(atMs),
  };
}

function viewAttempt(job: JobId, attempt: Attempt): JsonObject {
  const { end } = attempt;
  return {
    id: attemptId(job, attempt.fence),
    n: attempt.n,
    model: attempt.model,
    deployment: attempt.deployment,
    started_at: timeText(attempt.startedAtMs),
    ended_at: timeText(end?.endedAtMs),
    outcome: end?.outcome ?? null,
    ambiguity: end?.ambiguity ?? null,
    error: viewAttemptError(end?.error),
    usage: viewUsage(end?.usage),
    cost: {
      reserved: formatUsd(attempt.reservedNanoUsd),
      charged: end === undefined ? null : formatUsd(end.costNanoUsd),
      basis: end?.costIs ?? null,
      price: attempt.price?.['id'] ?? null,
      currency: 'USD',
    },
    why_chosen: attempt.whyChosen,
    provider_request_id: end?.providerRequestId ?? null,
    provider_rate_limits: viewRateLimits(end?.rateLimits),
    wasted: end?.wasted ?? false,
  };
}

function viewRateLimits(limits: RateLimitHeaders | undefined): JsonObject | null {
  if (limits === undefined) return null;
  return {
    limit_requests: limits.limitRequests ?? null,
    remaining_requests: limits.remainingRequests ?? null,
    limit_tokens: limits.limitTokens ?? null,
    remaining_tokens: limits.remainingTokens ?? null,
  };
}

/** Money, in US dollars. */
export function viewCost({ money }: JobRecord): JsonObject {
  return {
    ceiling: formatUsd(money.ceiling),
    reserved: formatUsd(money.reserved),
    spent: formatUsd(money.spent),
    unknown: formatUsd(money.unknown),
    currency: 'USD',
  };
}

function viewOutputCap(record: JobRecord): JsonObject | null {
  const candidate = record.plan.candidates.find((entry) => entry.model === record.model);
  if (candidate === undefined || record.spec.kind === 'embeddings') return null;
  return { tokens: candidate.outputCapTokens, source: candidate.outputCapSource };
}

/** Tokens, as the provider counted them. */
export function viewUsage(usage: Usage | undefined): JsonObject | null {
  if (usage === undefined) return null;
  return {
    input_tokens: usage.inputTokens,
    cached_input_tokens: usage.cachedInputTokens,
    cache_write_tokens: usage.cacheWriteTokens ?? 0,
    output_tokens: usage.outputTokens,
    reasoning_tokens: usage.reasoningTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}

function viewError({ error }: JobRecord): JsonObject | null {
  if (error === undefined) return null;
  return { code: error.code, message: error.message, class: error.class ?? null };
}

function viewWebhook({ spec }: JobRecord): JsonObject | null {
  if (spec.webhook === undefined) return null;
  const { url, endpointId, events } = spec.webhook;
  return { url, endpoint_id: endpointId, events };
}

/** RFC 3339, `null` for a time that has not come. */
export function timeText(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString();
}

function viewAttemptError(error: AttemptError | undefined): JsonObject | null {
  if (error === undefined) return null;
  return {
    class: error.class,
    status: error.status ?? null,
    code: error.code ?? null,
    message: error.message,
  };
}
