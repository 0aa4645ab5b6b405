/**
 * The producing side of BullMQ: one queue per model. Tickets have deterministic ids, so adding one
 * twice is harmless. Whoever repairs asks for an entry that has ended under the same id to be
 * replaced, because BullMQ would ignore the new one.
 */
import { Queue } from 'bullmq';
import { ticketId } from '../domain/ids.ts';
import { ticketPriority } from '../domain/priority.ts';
import type { Ticket } from '../domain/ticket.ts';
import type { TicketQueue } from '../ports/ticket-queue.ts';
import type { RedisClient } from '../redis/connection.ts';
import { queuePrefix } from '../redis/keys.ts';
import type { Clock } from '../runtime/clock.ts';
import { modelQueueName } from './queue-names.ts';
import { encodeTicket, type TicketData } from './ticket.ts';

export interface TicketQueuesOptions {
  readonly client: RedisClient;
  readonly namespace: string;
  readonly clock: Clock;
  /** Told about BullMQ's background errors; commands report their own. */
  readonly onError: (error: Error) => void;
}

/** Ended entries that Bull Board can show; they carry no content. */
const keptCompleted = 1_000;
const keptFailed = { age: 24 * 60 * 60, count: 10_000 };

/** States in which BullMQ will still hand an entry to a worker. */
const waitingStates = ['waiting', 'prioritized', 'delayed'];

export function createTicketQueues(options: TicketQueuesOptions): TicketQueue {
  const queues = new Map<string, Queue<TicketData>>();
  const queueOf = (model: string): Queue<TicketData> => {
    const known = queues.get(model);
    if (known !== undefined) return known;
    const queue = openModelQueue(options, model);
    queues.set(model, queue);
    return queue;
  };
  return {
    async add(ticket, how) {
      const queue = queueOf(ticket.model);
      const id = ticketId(ticket.job, ticket.fence);
      if (how.replaceEnded && (await isEnded(queue, id))) await queue.remove(id);
      await queue.add('job', encodeTicket(ticket), addOptions(ticket, how));
    },
    async addMany(model, entries) {
      if (entries.length === 0) return;
      await queueOf(model).addBulk(
        entries.map(({ ticket, guaranteed }) => ({
          name: 'job',
          data: encodeTicket(ticket),
          opts: addOptions(ticket, { guaranteed, delayMs: 0 }),
        })),
      );
    },
    async remove(model, id) {
      await queueOf(model).remove(id);
    },
    async find(model, id) {
      const state = await queueOf(model).getJobState(id);
      if (waitingStates.includes(state)) return { kind: 'waits' };
      if (state !== 'active') return { kind: 'absent' };
      const entry = await queueOf(model).getJob(id);
      return { kind: 'taken', forMs: options.clock.nowMs() - (entry?.processedOn ?? 0) };
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

/** A model's queue; Bull Board opens the same ones to look at them. */
export function openModelQueue(
  options: Omit<TicketQueuesOptions, 'clock'>,
  model: string,
): Queue<TicketData> {
  const name = modelQueueName(model);
  const queue = new Queue<TicketData>(name, {
    connection: options.client,
    prefix: queuePrefix(options.namespace, name),
    streams: { events: { maxLen: 2_000 } },
    defaultJobOptions: {
      attempts: 1,
      removeOnComplete: keptCompleted,
      removeOnFail: keptFailed,
      // A failed attempt's class says all; where our code threw it is noise to operators.
      stackTraceLimit: 0,
    },
  });
  queue.on('error', options.onError);
  return queue;
}

function addOptions(ticket: Ticket, how: { guaranteed: boolean; delayMs: number }) {
  return {
    jobId: ticketId(ticket.job, ticket.fence),
    // A guaranteed share runs with the most urgent: strict order must not starve it.
    priority: how.guaranteed ? 1 : ticketPriority(ticket.priority),
    delay: Math.ceil(how.delayMs),
  };
}

async function isEnded(queue: Queue<TicketData>, id: string): Promise<boolean> {
  const state = await queue.getJobState(id);
  return state === 'completed' || state === 'failed';
}
