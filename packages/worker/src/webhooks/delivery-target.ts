/** Where an event goes, and which secrets sign it. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { parseWebhookEndpointId, type SealedSecret } from '@forebay/shared/domain/webhook-endpoint';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { OutboxEvent } from '@forebay/shared/ports/outbox-store';
import type {
  EndpointRef,
  WebhookEndpointStore,
} from '@forebay/shared/ports/webhook-endpoint-store';
import type { SecretSeal } from '@forebay/shared/webhooks/secret-seal';

export interface DeliveryTarget {
  readonly url: string;
  /** Newest first; at least one. */
  readonly secrets: readonly string[];
}

export interface DeliveryTargetDeps {
  readonly endpoints: Pick<WebhookEndpointStore, 'read'>;
  readonly jobs: Pick<JobStore, 'nowMs'>;
  /** `FOREBAY_WEBHOOK_SECRET`: signs what goes to the URLs that jobs name. */
  readonly installationSecret: string | undefined;
  readonly seal: SecretSeal | undefined;
}

/**
 * @returns `undefined` when the endpoint was removed or switched off; tests go there all the same.
 * @throws ForebayError `internal` when nothing can sign it.
 */
export async function findTarget(
  deps: DeliveryTargetDeps,
  event: OutboxEvent,
): Promise<DeliveryTarget | undefined> {
  const { installationSecret, seal } = deps;
  if (installationSecret === undefined || seal === undefined) {
    throw new ForebayError('internal', 'Nothing can be signed: set FOREBAY_WEBHOOK_SECRET.');
  }
  const id = parseWebhookEndpointId(event.endpointId);
  if (id === undefined) {
    return event.url === undefined ? undefined : { url: event.url, secrets: [installationSecret] };
  }
  const ref = { tenant: event.tenant, id };
  const [endpoint, nowMs] = await Promise.all([deps.endpoints.read(ref), deps.jobs.nowMs()]);
  if (endpoint === undefined) return undefined;
  if (endpoint.disabled !== undefined && event.type !== 'webhook.test') return undefined;
  return { url: endpoint.url, secrets: openLive(seal, ref, { secrets: endpoint.secrets, nowMs }) };
}

/** After a rotation the secret of before signs beside the new one, for as long as was asked for. */
function openLive(
  seal: SecretSeal,
  ref: EndpointRef,
  { secrets, nowMs }: { secrets: readonly SealedSecret[]; nowMs: number },
): readonly string[] {
  return secrets
    .filter(({ untilMs }) => untilMs === undefined || nowMs < untilMs)
    .map(({ sealed }) => seal.open(ref, sealed));
}
