/**
 * One attempt to deliver one event: read, build, sign, send, decide, record. Not the schedule
 * (retry-schedule.ts), not the hand-out of due events (relay.ts), not the way out (egress.ts).
 *
 * D1 An event is delivered at least once and under one id (P4): the id was written with the job's
 *    new state, in one script. Whoever dies between sending and recording leaves the event in the
 *    outbox, and it is sent again under the same id with a fresh time and signature.
 * D2 A webhook announces nothing that polling does not yet show (P5): the job is read before
 *    anything is sent, and an event ahead of it waits.
 * D3 The outbox counts the attempts. A ticket for an attempt that has been recorded, or whose time
 *    is up, ends silently; the BullMQ entry decides nothing (S9).
 */

import type { JobRecord } from '@forebay/shared/domain/job';
import { isTerminal } from '@forebay/shared/domain/job-state';
import type { TraceContext } from '@forebay/shared/domain/trace-context';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type {
  DeliveryAttempt,
  DeliveryVerdict,
  EndpointVerdict,
  JobOutboxEvent,
  OutboxEvent,
  OutboxStore,
} from '@forebay/shared/ports/outbox-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { signWebhook } from '@forebay/shared/webhooks/signature';
import { inDeliverySpan } from './delivery-span.ts';
import type { DeliveryTarget } from './delivery-target.ts';
import type { DeliveryTicket } from './delivery-ticket.ts';
import type { Egress, EgressAnswer, EgressRequest } from './egress.ts';
import { describeExhausted } from './endpoint-notices.ts';
import {
  type DeliveryResponse,
  decideDelivery,
  isSuccessStatus,
  judgeEndpoint,
  parseRetryAfter,
} from './retry-schedule.ts';
import { announcedState, buildEndpointEventBody, buildJobEventBody } from './webhook-body.ts';

export interface DeliverWebhookDeps {
  readonly outbox: Pick<OutboxStore, 'read' | 'record'>;
  readonly jobs: Pick<JobStore, 'read' | 'nowMs'>;
  readonly egress: Pick<Egress, 'post'>;
  /** Where an event goes and what signs it; `undefined` when nothing may be sent there any more. */
  readonly targetOf: (event: OutboxEvent) => Promise<DeliveryTarget | undefined>;
  /** Switches an endpoint off. @returns whether it did. */
  readonly disable: (event: OutboxEvent, reason: 'gone' | 'failing') => Promise<boolean>;
  /** An endpoint that nothing has reached for as long is switched off. */
  readonly disableAfterMs: number;
  readonly clock: Clock;
  /** Product and version. */
  readonly userAgent: string;
  /** Put before the path of the job in the body; empty for a bare path. */
  readonly publicUrl: string;
}

export type DeliveryOutcome =
  | {
      readonly kind: 'recorded';
      readonly event: OutboxEvent;
      readonly attempt: DeliveryAttempt;
      readonly verdict: DeliveryVerdict;
      /** Why the endpoint was switched off by this attempt. */
      readonly disabled: 'gone' | 'failing' | undefined;
    }
  /** This attempt is somebody else's by now, or over (D3). */
  | { readonly kind: 'stale' }
  /** Nothing was recorded: the outbox hands the event out again. */
  | { readonly kind: 'postponed'; readonly reason: 'not_visible' | 'parked' | 'interrupted' };

/**
 * Makes one attempt.
 *
 * @throws ForebayError `store_unavailable` when the store does not answer, `internal` when there is
 *   no secret to sign with; the event stays in the outbox.
 */
export async function deliverWebhook(
  deps: DeliverWebhookDeps,
  ticket: DeliveryTicket,
  signal: AbortSignal,
): Promise<DeliveryOutcome> {
  const event = await readEvent(deps, ticket);
  if (event === undefined) return { kind: 'stale' };

  const target = await deps.targetOf(event);
  if (target === undefined) return { kind: 'stale' };
  const content = await buildContent(deps, event);
  if (content.kind === 'gone') return recordJobGone(deps, event);
  if (content.kind === 'postponed') return content;
  const { body, trace } = content;
  return inDeliverySpan({ event, trace }, () => send(deps, { event, target, body }, signal));
}

interface Sending {
  readonly event: OutboxEvent;
  readonly target: DeliveryTarget;
  readonly body: Uint8Array;
}

async function send(
  deps: DeliverWebhookDeps,
  sending: Sending,
  signal: AbortSignal,
): Promise<DeliveryOutcome> {
  const { event } = sending;
  const request = prepareRequest(deps, sending);
  const startedAtMs = deps.clock.nowMs();
  const startedMonotonicMs = deps.clock.monotonicMs();

  crashPoint('webhooks.before-send');
  const answer = await deps.egress.post(request, signal);
  crashPoint('webhooks.after-send');
  if (answer.kind === 'interrupted') return { kind: 'postponed', reason: 'interrupted' };

  const durationMs = Math.round(deps.clock.monotonicMs() - startedMonotonicMs);
  const response = readResponse(answer, deps.clock.nowMs());
  const attempt = describeAttempt(answer, { atMs: startedAtMs, durationMs });
  const verdict = decideDelivery(event, response, deps.clock.random());
  return recordEnd(deps, { event, attempt, verdict, endpoint: judgeEndpoint(event, response) });
}

/** D3. */
async function readEvent(
  deps: DeliverWebhookDeps,
  ticket: DeliveryTicket,
): Promise<OutboxEvent | undefined> {
  const [event, nowMs] = await Promise.all([
    deps.outbox.read(ticket.tenant, ticket.endpointId, ticket.eventId),
    deps.jobs.nowMs(),
  ]);
  const isSame = event?.attempts === ticket.attempts && event.run === ticket.run;
  const isCurrent = isSame && nowMs < ticket.sendByMs;
  return isCurrent ? event : undefined;
}

type Content =
  | {
      readonly kind: 'built';
      readonly body: Uint8Array;
      /** The job's. */
      readonly trace: TraceContext | undefined;
    }
  | { readonly kind: 'gone' }
  | (DeliveryOutcome & { readonly kind: 'postponed' });

/** D2. */
async function buildContent(deps: DeliverWebhookDeps, event: OutboxEvent): Promise<Content> {
  if (event.job === undefined) {
    return { kind: 'built', body: buildEndpointEventBody(event), trace: undefined };
  }
  const record = await deps.jobs.read({ tenant: event.tenant, id: event.job });
  if (record === undefined) return { kind: 'gone' };
  if ('kind' in record) return { kind: 'postponed', reason: 'parked' };
  if (!isVisible(event, record)) return { kind: 'postponed', reason: 'not_visible' };
  const body = buildJobEventBody({ event, record, publicUrl: deps.publicUrl });
  return { kind: 'built', body, trace: record.spec.trace };
}

/** D2. An end is announced only while the job stands in that very state. */
function isVisible(event: JobOutboxEvent, record: JobRecord): boolean {
  const state = announcedState[event.type];
  return record.version >= event.version && (!isTerminal(state) || record.state === state);
}

/** D1. The time and the signature are of this attempt; the id and the body are of the event. */
function prepareRequest(deps: DeliverWebhookDeps, { event, target, body }: Sending): EgressRequest {
  const timestampSeconds = Math.floor(deps.clock.nowMs() / 1_000);
  const headers = {
    'content-type': 'application/json',
    'user-agent': deps.userAgent,
    ...signWebhook({ secrets: target.secrets, id: event.id, timestampSeconds, body }),
  };
  return { url: target.url, headers, body };
}

type CompleteAnswer = Exclude<EgressAnswer, { kind: 'interrupted' }>;

function readResponse(answer: CompleteAnswer, nowMs: number): DeliveryResponse {
  if (answer.kind === 'failed') return answer;
  const retryAfterMs = parseRetryAfter(answer.retryAfter, nowMs);
  return { kind: 'answered', status: answer.status, retryAfterMs };
}

/** The line of the attempt log, for the owner of the endpoint. */
function describeAttempt(
  answer: CompleteAnswer,
  times: { atMs: number; durationMs: number },
): DeliveryAttempt {
  if (answer.kind === 'failed') {
    return { ...times, ...unanswered, errorClass: answer.errorClass };
  }
  const { status, excerpt: responseExcerpt } = answer;
  return isSuccessStatus(status)
    ? { ...times, outcome: 'delivered', status, errorClass: undefined, responseExcerpt }
    : { ...times, outcome: 'failed', status, errorClass: 'http_status', responseExcerpt };
}

const unanswered = { outcome: 'failed', status: undefined, responseExcerpt: undefined } as const;

/** The job was deleted or has left the store: there is nothing left that a poll would show. */
function recordJobGone(deps: DeliverWebhookDeps, event: OutboxEvent): Promise<DeliveryOutcome> {
  const times = { atMs: deps.clock.nowMs(), durationMs: 0 };
  const attempt: DeliveryAttempt = { ...times, ...unanswered, errorClass: 'job_gone' };
  const verdict = { kind: 'given_up', endpointGone: false } as const;
  return recordEnd(deps, { event, attempt, verdict, endpoint: { kind: 'untold' } });
}

interface AttemptEnd {
  readonly event: OutboxEvent;
  readonly attempt: DeliveryAttempt;
  readonly verdict: DeliveryVerdict;
  readonly endpoint: EndpointVerdict;
}

/** Whoever dies before an endpoint is switched off leaves that to the next attempt that fails. */
async function recordEnd(deps: DeliverWebhookDeps, end: AttemptEnd): Promise<DeliveryOutcome> {
  const { event, attempt, verdict } = end;
  const exhausted = verdict.kind === 'given_up' ? describeExhausted(event, attempt) : undefined;
  const recorded = await deps.outbox.record({
    ...end,
    ...(exhausted === undefined ? {} : { exhausted }),
  });
  crashPoint('webhooks.after-record');
  const failingForMs = recorded.kind === 'recorded' ? recorded.failingForMs : 0;
  const reason = reasonToDisable(deps, end, failingForMs);
  const isDisabled = reason !== undefined && (await deps.disable(event, reason));
  return { kind: 'recorded', event, attempt, verdict, disabled: isDisabled ? reason : undefined };
}

function reasonToDisable(
  { disableAfterMs }: DeliverWebhookDeps,
  { verdict, endpoint }: AttemptEnd,
  failingForMs: number,
): 'gone' | 'failing' | undefined {
  if (endpoint.kind !== 'fails') return undefined;
  if (verdict.kind === 'given_up' && verdict.endpointGone) return 'gone';
  return failingForMs >= disableAfterMs ? 'failing' : undefined;
}
