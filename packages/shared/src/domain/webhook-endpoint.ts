/** A registered webhook endpoint: where a tenant wants to hear of what kinds of events. */
import { derivedToken, newToken, type TenantId } from './ids.ts';
import { defaultJobEvents, type JobEventType, jobEventTypes } from './job.ts';

/** A registered endpoint's id; a URL that a job names has another form. */
export type WebhookEndpointId = string & { readonly brand: 'WebhookEndpointId' };

/**
 * Events that no job stands behind: about budgets and about webhooks themselves. `webhook.test`
 * comes only when somebody asks for it.
 */
export const endpointEventTypes = [
  'budget.threshold',
  'webhook.endpoint_disabled',
  'webhook.message_exhausted',
  'webhook.test',
] as const;

export type EndpointEventType = (typeof endpointEventTypes)[number];

/** Everything that an endpoint can ask for; `*` is all of it, also what is added later. */
export const webhookFilters = [
  '*',
  ...jobEventTypes,
  'budget.threshold',
  'webhook.endpoint_disabled',
  'webhook.message_exhausted',
] as const;

export type WebhookFilter = (typeof webhookFilters)[number];

/** What an endpoint gets that does not say what it wants. */
export const defaultWebhookFilters: readonly WebhookFilter[] = [
  ...defaultJobEvents,
  'budget.threshold',
  'webhook.endpoint_disabled',
  'webhook.message_exhausted',
];

export function isJobEventType(type: string): type is JobEventType {
  return jobEventTypes.some((known) => known === type);
}

/** Why an endpoint gets nothing: its owner's wish, its answer 410, or failures for too long. */
export type DisabledReason = 'by_request' | 'gone' | 'failing';

/** A signing secret as it is stored. */
export interface SealedSecret {
  readonly sealed: string;
  /** Server time from which it signs no more; `undefined` for the newest one. */
  readonly untilMs: number | undefined;
}

export interface WebhookEndpoint {
  readonly id: WebhookEndpointId;
  readonly tenant: TenantId;
  readonly url: string;
  readonly description: string;
  readonly filters: readonly WebhookFilter[];
  /** `undefined` while it is on. */
  readonly disabled: DisabledReason | undefined;
  /** Newest first; at most two. */
  readonly secrets: readonly SealedSecret[];
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Grows by one with each change. */
  readonly version: number;
  /** Fingerprint of the request that made it; absent without an idempotency key. */
  readonly madeBy?: string | undefined;
}

const endpointIdPattern = /^whe_[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** The endpoint that an idempotency key makes. @param keyHash in hexadecimal digits. */
export function webhookEndpointIdOf(keyHash: string): WebhookEndpointId {
  // The generator writes what the pattern below reads.
  return derivedToken('whe', Buffer.from(keyHash, 'hex')) as WebhookEndpointId;
}

export function newWebhookEndpointId(): WebhookEndpointId {
  // The generator writes what the pattern below reads.
  return newToken('whe') as WebhookEndpointId;
}

/** Reads an endpoint id; `undefined` when it has another form. */
export function parseWebhookEndpointId(text: string): WebhookEndpointId | undefined {
  // A brand is made only after the pattern has held.
  return endpointIdPattern.test(text) ? (text as WebhookEndpointId) : undefined;
}
