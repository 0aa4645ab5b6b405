/** The port to registered webhook endpoints, the events they were told, and how that went. */
import type { TenantId } from '../domain/ids.ts';
import type { JsonObject } from '../domain/json.ts';
import type { WebhookEndpoint, WebhookEndpointId } from '../domain/webhook-endpoint.ts';
import type { DeliveryAttempt, EventSubject } from './outbox-store.ts';

export interface EndpointRef {
  readonly tenant: TenantId;
  readonly id: WebhookEndpointId;
}

/** An event as the endpoint's list keeps it. */
export type NumberedEvent = EventSubject & {
  readonly id: string;
  readonly sequence: number;
  readonly atMs: number;
};

export interface EventPage {
  readonly events: readonly NumberedEvent[];
  /** Number of the newest event that there ever was; 0 before the first. */
  readonly newest: number;
}

/** One line of an endpoint's attempt log. */
export interface EndpointAttempt extends DeliveryAttempt {
  readonly eventId: string;
  readonly type: string;
  readonly sequence: number | undefined;
}

export type EndpointWrite = 'written' | 'conflict' | 'missing' | 'full';

export interface ReplayWindow {
  readonly first: number;
  /** `undefined` for the newest event. */
  readonly last: number | undefined;
  /** Events that are made due at the most. */
  readonly limit: number;
  /** Only this event. */
  readonly eventId?: string;
}

export type ReplayResult = {
  readonly count: number;
  /** Number of the last event that was made due; 0 without one. */
  readonly last: number;
  readonly hasMore: boolean;
};

export interface WebhookEndpointStore {
  list(tenant: TenantId): Promise<readonly WebhookEndpoint[]>;
  read(ref: EndpointRef): Promise<WebhookEndpoint | undefined>;
  /**
   * Writes the endpoint if the stored one has the version before; version 1 must be new. What waits
   * for one that is switched off is forgotten.
   *
   * @param told what the tenant's other endpoints get as `webhook.endpoint_disabled`.
   */
  write(endpoint: WebhookEndpoint, told?: JsonObject): Promise<EndpointWrite>;
  /** @returns whether it was there. */
  remove(ref: EndpointRef): Promise<boolean>;
  /** Events with a higher number, in order. */
  listEvents(ref: EndpointRef, after: number, limit: number): Promise<EventPage>;
  /** The newest attempts, newest first. */
  listAttempts(ref: EndpointRef, limit: number): Promise<readonly EndpointAttempt[]>;
  /** Makes events due once more, first and last number included. */
  replay(ref: EndpointRef, window: ReplayWindow): Promise<ReplayResult>;
  /** Makes a test event due at once. @returns whether the endpoint is there. */
  test(ref: EndpointRef, eventId: string, data: JsonObject): Promise<boolean>;
}
