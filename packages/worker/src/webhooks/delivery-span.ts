/** An attempt to deliver an event as a span of the job's trace. */
import type { TraceContext } from '@forebay/shared/domain/trace-context';
import type { OutboxEvent } from '@forebay/shared/ports/outbox-store';
import type { SpanAttributes } from '@forebay/shared/telemetry/span-attributes';
import { inSpan } from '@forebay/shared/telemetry/tracing';
import type { DeliveryOutcome } from './deliver-webhook.ts';

export interface Delivery {
  readonly event: OutboxEvent;
  /** The job's; an event that tells of an endpoint has none. */
  readonly trace: TraceContext | undefined;
}

export function inDeliverySpan(
  { event, trace }: Delivery,
  run: () => Promise<DeliveryOutcome>,
): Promise<DeliveryOutcome> {
  const attributes = {
    'forebay.job.id': event.job,
    'forebay.tenant': event.tenant,
    'forebay.webhook.event': event.type,
    'forebay.webhook.event_id': event.id,
    'forebay.webhook.endpoint': event.endpointId,
    'forebay.webhook.attempt': event.attempts + 1,
  };
  const options = { kind: 'client', under: trace, attributes } as const;
  return inSpan('deliver webhook', options, async (span) => {
    const outcome = await run();
    span.set(describe(outcome));
    if (outcome.kind !== 'recorded') span.fail(outcome.kind);
    else if (outcome.attempt.errorClass !== undefined) span.fail(outcome.attempt.errorClass);
    return outcome;
  });
}

function describe(outcome: DeliveryOutcome): SpanAttributes {
  if (outcome.kind !== 'recorded') return { 'forebay.webhook.outcome': outcome.kind };
  return {
    'forebay.webhook.outcome': outcome.verdict.kind,
    'http.response.status_code': outcome.attempt.status,
  };
}
