/** Sorts the moves of jobs from one attempt to the next by what made them move. */
import type { TourJob } from './tour-job.ts';

export const moveReasons = ['error', 'rate limit', 'stall'] as const;

export type MoveReason = (typeof moveReasons)[number] | 'other';

export interface Move {
  readonly from: string;
  readonly to: string;
  readonly reason: MoveReason;
  /** The outcome of the attempt that failed, such as `server_error`. */
  readonly outcome: string;
}

const reasons: Readonly<Record<string, MoveReason>> = {
  rate_limited: 'rate limit',
  timeout: 'stall',
  server_error: 'error',
  overloaded: 'error',
  gateway_error: 'error',
  connect_failed: 'error',
  cut: 'error',
  malformed_answer: 'error',
  content_filtered: 'other',
};

/** Every step from a failed attempt to the next one on another model. */
export function findMoves(jobs: readonly TourJob[]): readonly Move[] {
  return jobs.flatMap(({ attempts }) =>
    attempts.flatMap((attempt, index) => {
      const next = attempts[index + 1];
      if (next === undefined || next.model === attempt.model) return [];
      const reason = reasons[attempt.outcome] ?? 'other';
      return [{ from: attempt.model, to: next.model, reason, outcome: attempt.outcome }];
    }),
  );
}
