/** A ticket: what waits in a model's backlog or BullMQ queue. Never a prompt, answer or secret. */
import type { JobId, TenantId } from './ids.ts';
import type { NanoUsd } from './money.ts';

export interface Ticket {
  readonly job: JobId;
  /** The job's fence that this ticket stands for; any other value makes it stale. */
  readonly fence: number;
  readonly tenant: TenantId;
  /** The model in whose queue the ticket waits. */
  readonly model: string;
  readonly requestedModel: string;
  readonly priority: number;
  readonly deadlineAtMs: number;
  /** Which attempt this will be: 1, 2, … */
  readonly attempt: number;
  readonly estimatedCostNanoUsd: NanoUsd;
  /** Tokens that the attempt reserves: the unit of fair sharing and of TPM permits. */
  readonly reservedTokens: number;
}
