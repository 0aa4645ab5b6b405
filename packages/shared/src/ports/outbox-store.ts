/**
 * The port to the outbox: events that the job scripts wrote in the same step as the state they
 * announce (S5), waiting for delivery. Due times and attempts live here; BullMQ only carries.
 */
import type { JobId, TenantId } from '../domain/ids.ts';
import type { JobEventType } from '../domain/job.ts';
import type { JsonObject } from '../domain/json.ts';
import type { EndpointEventType } from '../domain/webhook-endpoint.ts';

/** What an event is, whoever hears of it. */
export type EventSubject =
  | {
      readonly type: JobEventType;
      readonly job: JobId;
      /** The job version that a poll must already show. */
      readonly version: number;
    }
  | {
      readonly type: EndpointEventType;
      readonly job: undefined;
      /** What the event tells, whole. */
      readonly data: JsonObject;
    };

/** One event for one endpoint; the id is the same in every attempt and after every crash. */
export type OutboxEvent = EventSubject & {
  readonly id: string;
  readonly tenant: TenantId;
  readonly endpointId: string;
  /** Where a job wants it; `undefined` for registered endpoints, which say so themselves. */
  readonly url: string | undefined;
  /** The endpoint's own number for it; `undefined` where nothing is numbered. */
  readonly sequence: number | undefined;
  /** When the event happened, server time. */
  readonly atMs: number;
  /** Deliveries tried so far, in this run. */
  readonly attempts: number;
  /** Empty at first; each replay of an event that was over is a new run. */
  readonly run: string;
  /** Attempts in a row that failed at the same endpoint. */
  readonly endpointFailures: number;
};

/** An event that a job's end or change has made. */
export type JobOutboxEvent = Extract<OutboxEvent, { readonly job: JobId }>;

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

/** What an attempt says of the endpoint as a whole. */
export type EndpointVerdict =
  | { readonly kind: 'delivers' }
  /** Nothing else is sent there for a while; 0 holds nothing up. */
  | { readonly kind: 'fails'; readonly holdMs: number }
  | { readonly kind: 'untold' };

export type RecordedDelivery =
  | {
      readonly kind: 'recorded';
      /** How long every attempt has failed at the endpoint; 0 when the last one did not. */
      readonly failingForMs: number;
    }
  /** This attempt was recorded before. */
  | { readonly kind: 'stale' };

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
    endpoint?: EndpointVerdict;
    /** Told to the tenant's other endpoints as `webhook.message_exhausted`. */
    exhausted?: JsonObject;
  }): Promise<RecordedDelivery>;
  /** Attempt log of one event for a URL that a job named, oldest first. */
  log(tenant: TenantId, eventId: string): Promise<readonly DeliveryAttempt[]>;
  countPending(shard: number): Promise<number>;
}
