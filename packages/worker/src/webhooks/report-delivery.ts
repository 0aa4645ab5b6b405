/** What became of a delivery, as an event for logs and figures. */
import type { WorkerEventFields } from '../worker-events.ts';
import type { DeliveryOutcome } from './deliver-webhook.ts';

export function reportDelivery(
  eventId: string,
  outcome: DeliveryOutcome,
): WorkerEventFields['webhook.attempted'] {
  if (outcome.kind !== 'recorded') {
    return { eventId, outcome: outcome.kind, errorClass: undefined, durationMs: undefined };
  }
  const { attempt, verdict } = outcome;
  const { errorClass, durationMs } = attempt;
  return { eventId, outcome: verdict.kind, errorClass, durationMs };
}
