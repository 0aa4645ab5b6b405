/** What a BullMQ entry carries: only what an operator needs (S10), checked when it is read. */
import { z } from 'zod';
import type { JobId, TenantId, TicketId } from '../domain/ids.ts';
import { parseTenantId, parseTicketId, ticketId } from '../domain/ids.ts';
import { formatUsd } from '../domain/money.ts';
import type { Ticket } from '../domain/ticket.ts';

const ticketDataSchema = z.object({
  tenant: z.string(),
  requestedModel: z.string(),
  priority: z.number(),
  attempt: z.number(),
  estimatedCostUsd: z.string(),
  reservedTokens: z.number(),
  /** Absent on tickets that an earlier version made. */
  deadlineAtMs: z.number().optional(),
});

export type TicketData = z.infer<typeof ticketDataSchema>;

export function encodeTicket(ticket: Ticket): TicketData {
  return {
    tenant: ticket.tenant,
    requestedModel: ticket.requestedModel,
    priority: ticket.priority,
    attempt: ticket.attempt,
    estimatedCostUsd: formatUsd(ticket.estimatedCostNanoUsd),
    reservedTokens: ticket.reservedTokens,
    deadlineAtMs: ticket.deadlineAtMs,
  };
}

export interface ReceivedTicket {
  readonly id: TicketId;
  readonly job: JobId;
  readonly fence: number;
  readonly tenant: TenantId;
  /** What the attempt may use at most; TPM permits are taken for it. */
  readonly reservedTokens: number;
  /** The job's deadline by the store's clock, if the ticket tells it. */
  readonly deadlineAtMs: number | undefined;
}

/** Reads a BullMQ entry; `undefined` when it is none of ours (somebody added it by hand). */
export function decodeTicket(id: string | undefined, data: unknown): ReceivedTicket | undefined {
  const parsed = ticketDataSchema.safeParse(data);
  const parts = parseTicketId(id ?? '');
  if (!parsed.success || parts === undefined) return undefined;
  const tenant = parseTenantId(parsed.data.tenant);
  if (tenant === undefined) return undefined;
  const { job, fence } = parts;
  const { reservedTokens, deadlineAtMs } = parsed.data;
  return { id: ticketId(job, fence), job, fence, tenant, reservedTokens, deadlineAtMs };
}
