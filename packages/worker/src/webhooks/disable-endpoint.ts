/** Switches a registered endpoint off that is gone or has failed for too long. */
import { parseWebhookEndpointId } from '@forebay/shared/domain/webhook-endpoint';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { OutboxEvent } from '@forebay/shared/ports/outbox-store';
import type { WebhookEndpointStore } from '@forebay/shared/ports/webhook-endpoint-store';
import { describeDisabled } from './endpoint-notices.ts';

export interface DisableEndpointDeps {
  readonly endpoints: Pick<WebhookEndpointStore, 'read' | 'write'>;
  readonly jobs: Pick<JobStore, 'nowMs'>;
}

/**
 * What waits for the endpoint is forgotten; its list of events stays, and the tenant's other
 * endpoints are told.
 *
 * @returns whether it did: not for a URL that a job named, for one that is off already, or when its
 *   owner changed it at the same moment. The next failure looks again.
 */
export async function disableEndpoint(
  { endpoints, jobs }: DisableEndpointDeps,
  event: OutboxEvent,
  reason: 'gone' | 'failing',
): Promise<boolean> {
  const id = parseWebhookEndpointId(event.endpointId);
  if (id === undefined) return false;
  const endpoint = await endpoints.read({ tenant: event.tenant, id });
  if (endpoint === undefined || endpoint.disabled !== undefined) return false;
  const next = {
    ...endpoint,
    disabled: reason,
    updatedAtMs: await jobs.nowMs(),
    version: endpoint.version + 1,
  };
  return (await endpoints.write(next, describeDisabled(endpoint, reason))) === 'written';
}
