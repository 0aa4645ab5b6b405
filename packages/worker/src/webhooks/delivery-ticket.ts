/** What a BullMQ entry of the delivery queue carries: names of things, and until when it counts. */
import { parseTenantId, type TenantId } from '@forebay/shared/domain/ids';
import { isJsonObject } from '@forebay/shared/domain/json';
import type { OutboxEvent } from '@forebay/shared/ports/outbox-store';

export interface DeliveryTicket {
  readonly tenant: TenantId;
  readonly endpointId: string;
  readonly eventId: string;
  /** Attempts before this one; the ticket is stale when the event has another number. */
  readonly attempts: number;
  /** The event's run; the ticket is stale in another one. */
  readonly run: string;
  /**
   * Server time after which this ticket must not be used: the outbox may soon hand the event out
   * again, and the same event on two tickets could break the bound of its endpoint.
   */
  readonly sendByMs: number;
}

export function ticketFor(event: OutboxEvent, sendByMs: number): DeliveryTicket {
  const { tenant, endpointId, id, attempts, run } = event;
  return { tenant, endpointId, eventId: id, attempts, run, sendByMs };
}

/**
 * The entry's id in BullMQ. Adding a ticket twice adds it once; the same attempt handed out anew
 * is another ticket, which an ended entry of the first must not swallow.
 */
export function deliveryTicketId(ticket: DeliveryTicket): string {
  return `${ticket.eventId}-${ticket.attempts}-${ticket.sendByMs}`;
}

/** Reads an entry's data; `undefined` when it is none of ours (somebody added it by hand). */
export function readDeliveryTicket(data: unknown): DeliveryTicket | undefined {
  if (!isJsonObject(data)) return undefined;
  const { tenant: tenantText, endpointId, eventId, attempts, run = '', sendByMs } = data;
  const tenant = typeof tenantText === 'string' ? parseTenantId(tenantText) : undefined;
  if (tenant === undefined) return undefined;
  if (typeof endpointId !== 'string' || typeof eventId !== 'string') return undefined;
  if (typeof attempts !== 'number' || typeof sendByMs !== 'number') return undefined;
  if (typeof run !== 'string') return undefined;
  return { tenant, endpointId, eventId, attempts, run, sendByMs };
}
