/** What a due job needs, from its record and the server's time alone. */
import type { JobRecord } from '@forebay/shared/domain/job';

export type DueCheck =
  | { readonly kind: 'expire' | 'lost_lease' | 'start' | 'nothing' }
  | { readonly kind: 'look_for_ticket' | 'later'; readonly againAtMs: number };

/** The longest time that a waiting job goes without a look at its ticket. */
const longestCheckMs = 5 * 60_000;

/**
 * @param times server time, and the time before which no lease is judged (S7).
 * @param ticketCheckMs the first pause between two looks at the same ticket. Later ones grow with
 *   the job's age, so that a million waiting jobs are not looked at every few seconds.
 */
export function decideCheck(
  record: JobRecord,
  times: { readonly nowMs: number; readonly graceUntilMs: number },
  ticketCheckMs: number,
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
        ? { kind: 'start' }
        : { kind: 'later', againAtMs: Math.min(record.runAtMs ?? 0, record.deadlineAtMs) };
    case 'queued': {
      if (record.deadlineAtMs <= nowMs) return { kind: 'expire' };
      const since = Math.max(record.runAtMs ?? record.createdAtMs, record.notBeforeMs);
      const pauseMs = Math.min(longestCheckMs, Math.max(ticketCheckMs, nowMs - since));
      return {
        kind: 'look_for_ticket',
        againAtMs: Math.min(nowMs + pauseMs, record.deadlineAtMs),
      };
    }
    case 'succeeded':
    case 'failed':
    case 'cancelled':
    case 'expired':
      return { kind: 'nothing' };
  }
}
