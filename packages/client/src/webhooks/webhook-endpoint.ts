/** A tenant's webhook endpoints, as the API shows and takes them. */

export interface NewWebhookEndpoint {
  readonly url: string;
  readonly description?: string | undefined;
  /** Names of events, or `*`; ends of jobs, and what is about budgets and endpoints, if absent. */
  readonly events?: readonly string[] | undefined;
  readonly enabled?: boolean | undefined;
}

export interface WebhookEndpoint {
  readonly id: string;
  readonly object: 'webhook_endpoint';
  readonly url: string;
  readonly description: string;
  readonly events: readonly string[];
  readonly enabled: boolean;
  /** Why it is off; `null` while it is on. */
  readonly disabled_reason: string | null;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly previous_secret_until: string | null;
  /** What deliveries are signed with: shown only when it was just made. */
  readonly secret?: string;
}

/** What came of a test event. */
export interface WebhookTest {
  readonly object: 'webhook_endpoint.test';
  readonly webhook_endpoint_id: string;
  readonly event_id: string;
  readonly outcome: string;
  readonly success: boolean;
  readonly status_code: number | null;
  readonly error: string | null;
  readonly duration_ms: number | null;
}

/** Which events go out again, by their numbers; both ends included. */
export interface ReplayWindow {
  readonly since: number;
  readonly until?: number | undefined;
}

export interface WebhookReplay {
  readonly object: 'webhook_endpoint.replay';
  readonly replayed: number;
  readonly last_sequence: number | null;
  /** Whether there are more after `last_sequence`. */
  readonly has_more: boolean;
}
