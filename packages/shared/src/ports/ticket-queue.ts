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

export interface TicketQueue {
  /** Adds a ticket under its id; adding one that is there changes nothing. */
  add(ticket: Ticket, options: TicketOptions): Promise<void>;
  /** Whether the ticket waits, is delayed or is being worked on. */
  isLive(model: string, id: string): Promise<boolean>;
  close(): Promise<void>;
}
