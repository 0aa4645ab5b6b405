/** Webhook endpoints, their events and attempts as callers see them. */
import type { Json, JsonObject } from '@forebay/shared/domain/json';
import type { WebhookEndpoint } from '@forebay/shared/domain/webhook-endpoint';
import type {
  EndpointAttempt,
  EventPage,
  NumberedEvent,
} from '@forebay/shared/ports/webhook-endpoint-store';

/** @param secret only when it was just made. */
export function viewEndpoint(endpoint: WebhookEndpoint, secret?: string): JsonObject {
  const before = endpoint.secrets.find(({ untilMs }) => untilMs !== undefined)?.untilMs;
  return {
    id: endpoint.id,
    object: 'webhook_endpoint',
    url: endpoint.url,
    description: endpoint.description,
    events: [...endpoint.filters],
    enabled: endpoint.disabled === undefined,
    disabled_reason: endpoint.disabled ?? null,
    version: endpoint.version,
    created_at: timeText(endpoint.createdAtMs),
    updated_at: timeText(endpoint.updatedAtMs),
    previous_secret_until: before === undefined ? null : timeText(before),
    ...(secret === undefined ? {} : { secret }),
  };
}

/** @param publicUrl put before the path of a job, without a slash at its end. */
export function viewEvents(page: EventPage, after: number, publicUrl: string): JsonObject {
  const first = page.events[0]?.sequence ?? page.newest + 1;
  const last = page.events.at(-1)?.sequence ?? page.newest;
  return {
    object: 'list',
    data: page.events.map((event) => viewEvent(event, publicUrl)),
    // Numbers have no holes: what is missing before the first event has left the list.
    missing: first > after + 1 ? { from: after + 1, to: first - 1 } : null,
    last_sequence: last,
    newest_sequence: Math.max(page.newest, last),
    has_more: last < page.newest,
  };
}

function viewEvent(event: NumberedEvent, publicUrl: string): JsonObject {
  const { id, sequence, type, atMs } = event;
  return {
    id,
    object: 'webhook_event',
    sequence,
    type,
    timestamp: timeText(atMs),
    data:
      event.job === undefined
        ? event.data
        : {
            id: event.job,
            object: 'job',
            version: event.version,
            job_url: `${publicUrl}/v1/jobs/${event.job}`,
          },
  };
}

export function viewAttempt(attempt: EndpointAttempt): JsonObject {
  return {
    object: 'webhook_attempt',
    event_id: attempt.eventId,
    event_type: attempt.type,
    sequence: attempt.sequence ?? null,
    at: timeText(attempt.atMs),
    duration_ms: attempt.durationMs,
    outcome: attempt.outcome,
    status: attempt.status ?? null,
    error: attempt.errorClass ?? null,
    response: attempt.responseExcerpt ?? null,
  };
}

function timeText(atMs: number): Json {
  return new Date(atMs).toISOString();
}
