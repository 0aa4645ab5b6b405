/**
 * BullMQ for deliveries: the queue that the relay fills and the worker that empties it. It carries
 * tickets and decides nothing: no retries here, no schedule, no truth (S9).
 */
import { webhookQueueName } from '@forebay/shared/queue/queue-names';
import type { Clock } from '@forebay/shared/runtime/clock';
import type { Service } from '@forebay/shared/runtime/service';
import { type ConnectionOptions, type Job, Queue, UnrecoverableError, Worker } from 'bullmq';
import type { DeliveryOutcome } from './deliver-webhook.ts';
import { type DeliveryTicket, deliveryTicketId, readDeliveryTicket } from './delivery-ticket.ts';

export interface DeliveryQueueOptions {
  /** The process's connection for producers. */
  readonly connection: ConnectionOptions;
  /** BullMQ's key prefix for this queue, with its own hash tag. */
  readonly prefix: string;
  /** Told about BullMQ's background errors; commands report their own. */
  readonly onError: (error: Error) => void;
}

/** The producing side. */
export interface DeliveryTickets {
  /** Adds a ticket; adding the same one again changes nothing. */
  add(ticket: DeliveryTicket): Promise<void>;
  countWaiting(): Promise<number>;
  close(): Promise<void>;
}

/** Ended entries that Bull Board can show; they carry no content. */
const keptCompleted = { count: 1_000 };
const keptFailed = { age: 24 * 60 * 60, count: 10_000 };

export function createDeliveryTickets(options: DeliveryQueueOptions): DeliveryTickets {
  const queue = new Queue<DeliveryTicket>(webhookQueueName, {
    connection: options.connection,
    prefix: options.prefix,
    streams: { events: { maxLen: 2_000 } },
    defaultJobOptions: {
      attempts: 1,
      removeOnComplete: keptCompleted,
      removeOnFail: keptFailed,
      stackTraceLimit: 0,
    },
  });
  queue.on('error', options.onError);
  return {
    async add(ticket) {
      await queue.add('deliver', ticket, { jobId: deliveryTicketId(ticket) });
    },
    countWaiting: () => queue.getWaitingCount(),
    close: () => queue.close(),
  };
}

export interface DeliveryWorkerOptions {
  /** A connection that waits for the server and never gives a command up. */
  readonly connection: ConnectionOptions;
  readonly prefix: string;
  /** Deliveries at the same time in this process. */
  readonly concurrency: number;
  /** How long a stop waits for deliveries under way before it interrupts them. */
  readonly graceMs: number;
  readonly clock: Clock;
  readonly deliver: (ticket: DeliveryTicket, signal: AbortSignal) => Promise<DeliveryOutcome>;
  /** Told what became of each ticket; must not throw. */
  readonly onOutcome: (ticket: DeliveryTicket, outcome: DeliveryOutcome) => void;
  readonly onError: (error: Error) => void;
}

/** The consuming side. */
export function createDeliveryWorker(options: DeliveryWorkerOptions): Service {
  let worker: Worker | undefined;
  return {
    name: 'webhook-deliveries',
    start() {
      worker ??= openWorker(options);
    },
    async stop() {
      const stopping = worker;
      worker = undefined;
      if (stopping === undefined) return;
      const timer = options.clock.schedule(options.graceMs, () => {
        stopping.cancelAllJobs('shutdown');
      });
      await stopping.close();
      timer.cancel();
    },
  };
}

function openWorker(options: DeliveryWorkerOptions): Worker {
  const worker = new Worker(
    webhookQueueName,
    // BullMQ hands out its signal only to a function with three plain parameters.
    (job: Job<unknown>, _token?: string, signal?: AbortSignal) => process(options, job, signal),
    {
      connection: options.connection,
      prefix: options.prefix,
      concurrency: options.concurrency,
      lockDuration: 20_000,
      stalledInterval: 10_000,
      // A ticket that lost its worker is harmless to run again: it goes stale by itself.
      maxStalledCount: 100,
      removeOnComplete: keptCompleted,
      removeOnFail: keptFailed,
    },
  );
  worker.on('error', options.onError);
  return worker;
}

/** Runs one entry. What it returns or throws is only what Bull Board shows. */
async function process(
  options: DeliveryWorkerOptions,
  job: Job<unknown>,
  signal: AbortSignal = new AbortController().signal,
): Promise<string> {
  const ticket = readDeliveryTicket(job.data);
  if (ticket === undefined) throw new UnrecoverableError('not a delivery ticket');
  const outcome = await options.deliver(ticket, signal);
  options.onOutcome(ticket, outcome);
  if (outcome.kind === 'stale') return 'stale';
  if (outcome.kind === 'postponed') return `postponed: ${outcome.reason}`;
  const { attempt, verdict } = outcome;
  if (verdict.kind === 'delivered') return `delivered: ${attempt.status}`;
  const { status, errorClass } = attempt;
  throw new UnrecoverableError(
    `${verdict.kind}: ${errorClass}${status === undefined ? '' : ` ${status}`}`,
  );
}
