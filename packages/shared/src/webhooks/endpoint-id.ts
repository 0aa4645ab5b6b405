/** The name of a webhook endpoint: deterministic, so that ids of its events are (P4). */
import { createHash } from 'node:crypto';
import type { TenantId } from '../domain/ids.ts';

/** The same tenant and URL always give the same id; it tells nothing about the URL. */
export function webhookEndpointId(tenant: TenantId, url: string): string {
  const digest = createHash('sha256').update(`${tenant}\n${url}`).digest('hex');
  return `ep_${digest.slice(0, 32)}`;
}
