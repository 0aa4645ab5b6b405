/** How long a job that was just claimed had waited, by the store's clock. */
import type { JobRecord } from '@forebay/shared/domain/job';

export interface JobWait {
  /** `first`: since the job could have started. `next`: since its last attempt ended. */
  readonly waited: 'first' | 'next';
  readonly waitedMs: number;
}

/** @param record as the claim returned it: its newest attempt has just begun. */
export function waitOf(record: JobRecord): JobWait {
  const [previous, current] = record.attempts.slice(-2);
  const startedAtMs = (current ?? previous)?.startedAtMs ?? record.createdAtMs;
  const endedAtMs = current === undefined ? undefined : previous?.end?.endedAtMs;
  const sinceMs = endedAtMs ?? record.runAtMs ?? record.createdAtMs;
  return {
    waited: endedAtMs === undefined ? 'first' : 'next',
    waitedMs: Math.max(0, startedAtMs - sinceMs),
  };
}
