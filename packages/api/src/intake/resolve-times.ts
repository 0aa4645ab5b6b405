/** Turns what the caller said about time into a start and a deadline, by the store's clock. */
import { limits } from '@forebay/shared/domain/limits';
import type { RequestedTimes } from './parse-job-request.ts';
import { requestProblem } from './request-problems.ts';

export interface JobTimes {
  /** `undefined` for a job that may start now. */
  readonly runAtMs: number | undefined;
  readonly deadlineAtMs: number;
}

/** A caller's clock may run this much behind ours before its start time counts as a mistake. */
const startInPastMaxMs = 60 * 60 * 1000;

/**
 * @param nowMs the store's time.
 * @param timeoutDefaultMs for a job that names neither deadline nor timeout.
 * @throws ForebayError `invalid_request` for times that no job can keep.
 */
export function resolveTimes(
  requested: RequestedTimes,
  nowMs: number,
  timeoutDefaultMs: number,
): JobTimes {
  const runAtMs = resolveStart(requested.runAtMs, nowMs);
  const startMs = runAtMs ?? nowMs;
  const deadlineAtMs =
    requested.deadlineAtMs ?? startMs + (requested.timeoutMs ?? timeoutDefaultMs);
  if (deadlineAtMs <= startMs) {
    const start = new Date(startMs).toISOString();
    throw requestProblem(['deadline_at'], `expected a time after the job can start (${start})`);
  }
  if (deadlineAtMs > startMs + limits.deadlineMaxMs) {
    const latest = new Date(startMs + limits.deadlineMaxMs).toISOString();
    throw requestProblem(['deadline_at'], `expected a time no later than ${latest}`);
  }
  return { runAtMs, deadlineAtMs: Math.ceil(deadlineAtMs) };
}

function resolveStart(runAtMs: number | undefined, nowMs: number): number | undefined {
  if (runAtMs === undefined) return undefined;
  if (runAtMs < nowMs - startInPastMaxMs || runAtMs > nowMs + limits.deadlineMaxMs) {
    const latest = new Date(nowMs + limits.deadlineMaxMs).toISOString();
    throw requestProblem(['run_at'], `expected a time from now until ${latest}`);
  }
  return runAtMs > nowMs ? runAtMs : undefined;
}
