/** The ticket that a job's record implies right now. */
import type { JobRecord } from '../domain/job.ts';
import type { Ticket } from '../domain/ticket.ts';

export function ticketOf(record: JobRecord): Ticket {
  const candidate = record.plan.candidates.find((entry) => entry.model === record.model);
  return {
    job: record.id,
    fence: record.fence,
    tenant: record.tenant,
    model: record.model,
    requestedModel: record.spec.requested,
    priority: record.priority,
    deadlineAtMs: record.deadlineAtMs,
    attempt: record.attempts.length + 1,
    estimatedCostNanoUsd: BigInt(candidate?.expectedNanoUsd ?? '0'),
    reservedTokens: candidate?.reservedTokens ?? 0,
  };
}
