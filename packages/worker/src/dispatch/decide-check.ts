/** What a due job needs, from its record and the server's time alone. */
import type { JobRecord } from '@forebay/shared/domain/job';

export type DueCheck =
  | { readonly kind: 'expire' | 'lost_lease' | 'feed' | 'look_for_ticket' | 'nothing' }
  | { readonly kind: 'later'; readonly againAtMs: number };

/** The longest time that a waiting job goes without a look at its ticket. */
const longestCheckMs = 5 * 60_000;

/**
 * @param times server time, and the time before which no lease is judged (S7).
 */
export function decideCheck(
  record: JobRecord,
  times: { readonly nowMs: number; readonly graceUntilMs: number },
): DueCheck {
  const { nowMs, graceUntilMs } = times;
  switch (record.state) {
    case 'running':
    case 'cancelling': {
      const leaseEndMs = record.leaseUntilMs ?? 0;
      if (leaseEndMs > nowMs) return { kind: 'later', againAtMs: leaseEndMs };
      return graceUntilMs > nowMs
        ? { kind: 'later', againAtMs: graceUntilMs }
        : { kind: 'lost_lease' };
    }
    case 'scheduled':
      if (record.deadlineAtMs <= nowMs) return { kind: 'expire' };
      return (record.runAtMs ?? 0) <= nowMs
        ? { kind: 'feed' }
        : { kind: 'later', againAtMs: Math.min(record.runAtMs ?? 0, record.deadlineAtMs) };
    case 'queued':
      if (record.deadlineAtMs <= nowMs) return { kind: 'expire' };
      return { kind: record.waitsFor === undefined ? 'look_for_ticket' : 'feed' };
    case 'succeeded':
    case 'failed':
    case 'cancelled':
    case 'expired':
      return { kind: 'nothing' };
  }
}

/**
 * When a waiting job's ticket is looked at again. On its way to a worker it is looked at often:
 * few are, and a dead worker may hold it. In the backlog pauses grow with the job's age, so that a
 * million waiting jobs are not looked at every few seconds.
 *
 * @param ticketCheckMs the pause between two looks at a ticket on its way.
 */
export function nextTicketCheck(
  record: JobRecord,
  inBacklog: boolean,
  { nowMs, ticketCheckMs }: { readonly nowMs: number; readonly ticketCheckMs: number },
): number {
  const since = Math.max(record.runAtMs ?? record.createdAtMs, record.notBeforeMs);
  const pauseMs = inBacklog
    ? Math.min(longestCheckMs, Math.max(ticketCheckMs, nowMs - since))
    : ticketCheckMs;
  return Math.min(nowMs + pauseMs, record.deadlineAtMs);
}
