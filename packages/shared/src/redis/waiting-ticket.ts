/**
 * How a ticket stands in a backlog: what the lane's scripts need of it first, then the rest, so
 * that whoever takes it out can bring it to BullMQ without reading the job again.
 */
import { parseTenantId, parseTicketId } from '../domain/ids.ts';
import { priorityClass } from '../domain/priority.ts';
import type { Ticket } from '../domain/ticket.ts';

/** `class|tenant|priority|units|deadline|attempt|cost|requested`; see `lua/include/lane.lua`. */
export function encodeWaitingTicket(ticket: Ticket): string {
  return [
    priorityClass(ticket.priority),
    ticket.tenant,
    ticket.priority,
    ticket.reservedTokens,
    ticket.deadlineAtMs,
    ticket.attempt,
    ticket.estimatedCostNanoUsd,
    ticket.requestedModel,
  ].join('|');
}

/** @returns `undefined` for what was not written by `encodeWaitingTicket`. */
export function decodeWaitingTicket(model: string, id: string, text: string): Ticket | undefined {
  const parts = parseTicketId(id);
  const [, tenantText = '', priority, units, deadline, attempt, cost = '', ...requested] =
    text.split('|');
  const tenant = parseTenantId(tenantText);
  if (parts === undefined || tenant === undefined || !/^\d+$/.test(cost)) return undefined;
  return {
    ...parts,
    tenant,
    model,
    // The caller's own text comes last, so that it may hold the separator.
    requestedModel: requested.join('|'),
    priority: Number(priority),
    deadlineAtMs: Number(deadline),
    attempt: Number(attempt),
    estimatedCostNanoUsd: BigInt(cost),
    reservedTokens: Number(units),
  };
}
