/** A registered webhook endpoint for tests of the store; its secret is none that could sign. */
import type { TenantId } from '@forebay/shared/domain/ids';
import {
  newWebhookEndpointId,
  type WebhookEndpoint,
  type WebhookFilter,
} from '@forebay/shared/domain/webhook-endpoint';

export function endpointFor(tenant: TenantId, filters: readonly WebhookFilter[]): WebhookEndpoint {
  return {
    id: newWebhookEndpointId(),
    tenant,
    url: 'https://a.example/',
    description: '',
    filters,
    disabled: undefined,
    secrets: [{ sealed: 'sealed', untilMs: undefined }],
    createdAtMs: 1,
    updatedAtMs: 1,
    version: 1,
  };
}
