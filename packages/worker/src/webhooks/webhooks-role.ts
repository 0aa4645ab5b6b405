/** The webhook role of a worker process: relay, delivery queue and egress as one service. */
import { limits } from '@forebay/shared/domain/limits';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { OutboxStore } from '@forebay/shared/ports/outbox-store';
import type { WakeUps } from '@forebay/shared/ports/wake-ups';
import type { WebhookEndpointStore } from '@forebay/shared/ports/webhook-endpoint-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import type { Service } from '@forebay/shared/runtime/service';
import { createSecretSeal } from '@forebay/shared/webhooks/secret-seal';
import type { WebhookUrlPolicy } from '@forebay/shared/webhooks/url-policy';
import type { ConnectionOptions } from 'bullmq';
import {
  type DeliverWebhookDeps,
  type DeliveryOutcome,
  deliverWebhook,
} from './deliver-webhook.ts';
import { createDeliveryTickets, createDeliveryWorker } from './delivery-queue.ts';
import { findTarget } from './delivery-target.ts';
import type { DeliveryTicket } from './delivery-ticket.ts';
import { disableEndpoint } from './disable-endpoint.ts';
import { createEgress, type EgressLimits } from './egress.ts';
import { createRelay, type RelaySettings } from './relay.ts';
import type { ResolveAddresses } from './resolve-addresses.ts';

export interface WebhooksRoleOptions {
  readonly outbox: OutboxStore;
  readonly endpoints: WebhookEndpointStore;
  readonly jobs: JobStore;
  readonly wakeUps: WakeUps;
  readonly clock: Clock;
  readonly policy: WebhookUrlPolicy;
  /** `FOREBAY_WEBHOOK_SECRET`; without it nothing is sent. */
  readonly installationSecret: string | undefined;
  readonly userAgent: string;
  /** Where callers reach the api, without a slash at its end; empty gives bare paths. */
  readonly publicUrl: string;
  readonly queue: {
    /** BullMQ's key prefix for the queue, with its own hash tag. */
    readonly prefix: string;
    readonly producer: ConnectionOptions;
    /** A connection of its own, which waits for the server. */
    readonly consumer: ConnectionOptions;
  };
  readonly concurrency?: number;
  readonly disableAfterMs?: number;
  /** How long a stop waits for deliveries under way. */
  readonly graceMs: number;
  readonly onOutcome: (ticket: DeliveryTicket, outcome: DeliveryOutcome) => void;
  readonly onError: (error: unknown) => void;
  /** Other bounds than the built-in ones, for tests. */
  readonly egressLimits?: EgressLimits;
  readonly relaySettings?: RelaySettings;
  readonly resolve?: ResolveAddresses;
}

/** Deliveries mostly wait for receivers; a dead endpoint holds four of these at the most. */
const concurrencyDefault = 128;

export function createWebhooksRole(options: WebhooksRoleOptions): Service {
  const { clock, onError, queue, installationSecret } = options;
  const egress = createEgress({
    policy: options.policy,
    clock,
    ...(options.egressLimits === undefined ? {} : { limits: options.egressLimits }),
    ...(options.resolve === undefined ? {} : { resolve: options.resolve }),
  });
  const tickets = createDeliveryTickets({
    connection: queue.producer,
    prefix: queue.prefix,
    onError,
  });
  const relay = createRelay({ ...options, tickets }, options.relaySettings);
  const seal = installationSecret === undefined ? undefined : createSecretSeal(installationSecret);
  const delivering: DeliverWebhookDeps = {
    ...options,
    egress,
    targetOf: (event) => findTarget({ ...options, seal }, event),
    disable: (event, reason) => disableEndpoint(options, event, reason),
    disableAfterMs: options.disableAfterMs ?? limits.webhookDisableAfterMs,
  };
  const deliveries = createDeliveryWorker({
    connection: queue.consumer,
    prefix: queue.prefix,
    concurrency: options.concurrency ?? concurrencyDefault,
    graceMs: options.graceMs,
    clock,
    deliver: (ticket, signal) => deliverWebhook(delivering, ticket, signal),
    onOutcome(ticket, outcome) {
      options.onOutcome(ticket, outcome);
      // A place of the endpoint has come free.
      relay.ring();
    },
    onError,
  });
  return {
    name: 'webhooks',
    start() {
      deliveries.start();
      relay.start();
    },
    async stop() {
      await relay.stop();
      await deliveries.stop();
      await tickets.close();
      await egress.close();
    },
  };
}
