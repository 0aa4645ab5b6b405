/** The port to the producing side of BullMQ: tickets by model. */
import type { Ticket } from '../domain/ticket.ts';

export interface TicketOptions {
  /** A guaranteed share of its class: runs with the most urgent. */
  readonly guaranteed: boolean;
  /** Not before this time from now. */
  readonly delayMs: number;
  /** Whether an entry that has ended under the same id gives way: for repairs. */
  readonly replaceEnded: boolean;
}

/**
 * `waits`: a worker will get it. `taken`: a worker got it and has not ended it, or has died.
 * `absent`: nobody will get it.
 */
export type TicketPresence = 'waits' | 'taken' | 'absent';

export interface TicketQueue {
  /** Adds a ticket under its id; adding one that is there changes nothing. */
  add(ticket: Ticket, options: TicketOptions): Promise<void>;
  /** What BullMQ knows of a ticket. */
  find(model: string, id: string): Promise<TicketPresence>;
  close(): Promise<void>;
}
