/**
 * The port to the outbox: events that the job scripts wrote in the same step as the state they
 * announce (S5), waiting for delivery. Due times and attempts live here; BullMQ only carries.
 */
import type { JobId, TenantId } from '../domain/ids.ts';
import type { JobEventType } from '../domain/job.ts';

/** One event for one endpoint; the id is the same in every attempt and after every crash. */
export interface OutboxEvent {
  readonly id: string;
  readonly type: JobEventType;
  readonly tenant: TenantId;
  readonly job: JobId;
  readonly endpointId: string;
  readonly url: string;
  /** The job version that a poll must already show. */
  readonly version: number;
  /** When the event happened, server time. */
  readonly atMs: number;
  /** Deliveries tried so far. */
  readonly attempts: number;
}

export interface DeliveryAttempt {
  readonly atMs: number;
  readonly durationMs: number;
  readonly outcome: 'delivered' | 'failed';
  readonly status: number | undefined;
  /** `dns`, `refused`, `tls`, `timeout`, `blocked`, `http_status`, `too_large`, `job_gone`. */
  readonly errorClass: string | undefined;
  /** The first bytes of the receiver's answer, for its owner's attempt log; never for our logs. */
  readonly responseExcerpt: string | undefined;
}

export type DeliveryVerdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly afterMs: number }
  /** No further attempt: schedule used up, or the endpoint is gone. */
  | { readonly kind: 'given_up'; readonly endpointGone: boolean };

export interface OutboxStore {
  /** Takes due events, at most `perEndpoint` in flight for each endpoint. */
  take(request: {
    shard: number;
    limit: number;
    perEndpoint: number;
    holdMs: number;
  }): Promise<readonly OutboxEvent[]>;
  read(tenant: TenantId, endpointId: string, eventId: string): Promise<OutboxEvent | undefined>;
  /** Ends one delivery attempt; repeating it for the same attempt number changes nothing. */
  record(request: {
    event: OutboxEvent;
    attempt: DeliveryAttempt;
    verdict: DeliveryVerdict;
  }): Promise<void>;
  /** Attempt log of one event, oldest first. */
  log(tenant: TenantId, eventId: string): Promise<readonly DeliveryAttempt[]>;
  countPending(shard: number): Promise<number>;
}
