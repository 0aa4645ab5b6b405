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

export interface TicketEntry extends Pick<TicketOptions, 'guaranteed'> {
  readonly ticket: Ticket;
}

export type TicketPresence =
  /** A worker will get it. */
  | { readonly kind: 'waits' }
  /** A worker got it this long ago, by the clocks of two processes, and has not ended it. */
  | { readonly kind: 'taken'; readonly forMs: number }
  /** Nobody will get it. */
  | { readonly kind: 'absent' };

export interface TicketQueue {
  /** Adds a ticket under its id; adding one that is there changes nothing. */
  add(ticket: Ticket, options: TicketOptions): Promise<void>;
  /** Adds tickets of one model together, without delay. */
  addMany(model: string, entries: readonly TicketEntry[]): Promise<void>;
  /** Takes a ticket out that no worker has; one that a worker has ends there, as stale. */
  remove(model: string, id: string): Promise<void>;
  /** What BullMQ knows of a ticket. */
  find(model: string, id: string): Promise<TicketPresence>;
  close(): Promise<void>;
}
