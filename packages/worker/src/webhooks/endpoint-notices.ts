/** What a tenant's other endpoints are told of one that fails: the data of operational events. */
import type { JsonObject } from '@forebay/shared/domain/json';
import {
  parseWebhookEndpointId,
  type WebhookEndpoint,
} from '@forebay/shared/domain/webhook-endpoint';
import type { DeliveryAttempt, OutboxEvent } from '@forebay/shared/ports/outbox-store';

/**
 * Of an event that is given up. Only events of jobs at registered endpoints are told: news of lost
 * news would breed more of it.
 */
export function describeExhausted(
  event: OutboxEvent,
  attempt: DeliveryAttempt,
): JsonObject | undefined {
  if (event.job === undefined) return undefined;
  if (parseWebhookEndpointId(event.endpointId) === undefined) return undefined;
  return {
    endpoint_id: event.endpointId,
    event_id: event.id,
    event_type: event.type,
    sequence: event.sequence ?? null,
    job_id: event.job,
    attempts: event.attempts + 1,
    last_status: attempt.status ?? null,
    last_error: attempt.errorClass ?? null,
  };
}

/** Of an endpoint that is switched off. */
export function describeDisabled(endpoint: WebhookEndpoint, reason: string): JsonObject {
  return {
    id: endpoint.id,
    object: 'webhook_endpoint',
    url: endpoint.url,
    description: endpoint.description,
    disabled_reason: reason,
  };
}
