/** Registered webhook endpoints as text: JSON for us, and a filter for the scripts. */
import { ForebayError } from '../domain/forebay-error.ts';
import type { TenantId } from '../domain/ids.ts';
import {
  type DisabledReason,
  parseWebhookEndpointId,
  type WebhookEndpoint,
  webhookFilters,
} from '../domain/webhook-endpoint.ts';

const endpointSchema = 1;

/** Whole numbers that scripts read are text, because Lua's JSON loses digits. */
interface StoredEndpoint {
  readonly schema: number;
  readonly id: string;
  readonly url: string;
  readonly description: string;
  readonly filters: string;
  readonly disabled: DisabledReason | '';
  readonly secrets: readonly { readonly sealed: string; readonly until: string }[];
  readonly created: string;
  readonly updated: string;
  readonly version: string;
  readonly made_by?: string;
}

export function encodeEndpoint(endpoint: WebhookEndpoint): string {
  const stored: StoredEndpoint = {
    schema: endpointSchema,
    id: endpoint.id,
    url: endpoint.url,
    description: endpoint.description,
    filters: endpoint.filters.join(' '),
    disabled: endpoint.disabled ?? '',
    secrets: endpoint.secrets.map(({ sealed, untilMs }) => ({
      sealed,
      until: untilMs === undefined ? '' : String(untilMs),
    })),
    created: String(endpoint.createdAtMs),
    updated: String(endpoint.updatedAtMs),
    version: String(endpoint.version),
    ...(endpoint.madeBy === undefined ? {} : { made_by: endpoint.madeBy }),
  };
  return JSON.stringify(stored);
}

/** @throws ForebayError `internal` for an endpoint that another version wrote. */
export function decodeEndpoint(tenant: TenantId, text: string): WebhookEndpoint {
  // Written by `encodeEndpoint` and by nobody else; the schema says of which version.
  const stored = JSON.parse(text) as StoredEndpoint;
  const id = parseWebhookEndpointId(stored.id);
  if (stored.schema !== endpointSchema || id === undefined) {
    throw new ForebayError(
      'internal',
      `This server cannot read a webhook endpoint of schema ${stored.schema}.`,
    );
  }
  const wanted = stored.filters.split(' ');
  return {
    id,
    tenant,
    url: stored.url,
    description: stored.description,
    filters: webhookFilters.filter((filter) => wanted.includes(filter)),
    disabled: stored.disabled === '' ? undefined : stored.disabled,
    secrets: stored.secrets.map(({ sealed, until }) => ({
      sealed,
      untilMs: until === '' ? undefined : Number(until),
    })),
    createdAtMs: Number(stored.created),
    updatedAtMs: Number(stored.updated),
    version: Number(stored.version),
    ...(stored.made_by === undefined ? {} : { madeBy: stored.made_by }),
  };
}

/** What include/hooks.lua reads: whether the endpoint is on, and the types between blanks. */
export function filterOf({ disabled, filters }: WebhookEndpoint): string {
  return `${disabled === undefined ? 'on' : 'off'} ${filters.join(' ')} `;
}
