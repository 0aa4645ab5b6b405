/** Long polling until a job has ended. */
import type { CallOptions } from '../http/api-call.ts';
import type { ApiCaller } from '../http/api-caller.ts';
import { hasEnded, type Job, readJob } from './job.ts';

export interface WaitOptions extends CallOptions {
  /** How long to wait at most; for ever when not given. */
  readonly timeoutMs?: number;
  /** Told about every version of the job that is seen, the first one included. */
  readonly onChange?: (job: Job) => void;
}

/** Below the 30 s after which many proxies end a silent request. */
const pollSecondsMax = 25;
/** More than the poll itself: the answer has to travel too. */
const graceMs = 15_000;
/** An API with too many waiters answers at once; it must not be asked again at once. */
const shortestRoundMs = 500;

/**
 * @returns the job as it was read last; `hasEnded` tells whether the time was enough.
 * @throws ForebayApiError, or the reason of the signal.
 */
export async function waitForJob(
  caller: ApiCaller,
  id: string,
  options: WaitOptions,
): Promise<Job> {
  const { clock } = caller.options;
  const endMs = clock.monotonicMs() + (options.timeoutMs ?? Number.POSITIVE_INFINITY);
  let job: Job | undefined;
  for (;;) {
    const startedMs = clock.monotonicMs();
    const isFirstLook = job === undefined && options.onChange !== undefined;
    const leftSeconds = Math.max(0, (endMs - startedMs) / 1_000);
    // Whole milliseconds: the API takes no finer ones.
    const wait = isFirstLook ? 0 : Math.round(Math.min(pollSecondsMax, leftSeconds) * 1e3) / 1e3;
    const { status, body } = await caller.call({
      method: 'GET',
      path: `/v1/jobs/${encodeURIComponent(id)}`,
      query: { wait },
      headers: job === undefined ? {} : { 'if-none-match': `"${job.version}"` },
      repeat: 'always',
      timeoutMs: wait * 1_000 + graceMs,
      signal: options.signal,
    });
    if (job === undefined || status !== 304) {
      job = readJob(body);
      options.onChange?.(job);
    }
    const nowMs = clock.monotonicMs();
    if (hasEnded(job) || nowMs >= endMs) return job;
    const isEarly = status === 304 && nowMs - startedMs < shortestRoundMs;
    if (isEarly) await clock.wait(shortestRoundMs, options.signal);
  }
}
