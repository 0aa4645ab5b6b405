/** One tour line over HTTP, as any client would: submit, long-poll, read the end. */
import { isJsonObject, type JsonObject } from '@forebay/shared/domain/json';
import type { Clock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';
import { readTourJob, type TourJob } from './tour-job.ts';

export interface ApiTarget {
  readonly url: string;
  readonly key: string;
}

export interface SubmitAndWaitDeps {
  readonly api: ApiTarget;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export type SubmittedJob =
  | { readonly kind: 'ended'; readonly job: TourJob }
  | { readonly kind: 'rejected'; readonly httpStatus: number; readonly code: string }
  /** Still not ended when the patience was over; `job` as it was read last. */
  | { readonly kind: 'unfinished'; readonly job: TourJob };

export interface Submission {
  readonly body: JsonObject;
  /** The same key may be sent again without making a second job. */
  readonly idempotencyKey: string;
  readonly patienceMs: number;
}

const pollSeconds = 20;
const retryDelayMs = 250;
const terminal: readonly string[] = ['succeeded', 'failed', 'cancelled', 'expired'];

/** @throws Error when the API answers neither yes nor no for as long as the patience lasts. */
export async function submitAndWait(
  deps: SubmitAndWaitDeps,
  submission: Submission,
): Promise<SubmittedJob> {
  const deadlineMs = deps.clock.monotonicMs() + submission.patienceMs;
  const first = await answerOf(deps, deadlineMs, () => post(deps, submission));
  if (first.status >= 400) {
    const { error } = first.body;
    const code = isJsonObject(error) ? error['code'] : undefined;
    return {
      kind: 'rejected',
      httpStatus: first.status,
      code: typeof code === 'string' ? code : '',
    };
  }
  let job = readTourJob(first.body);
  while (!terminal.includes(job.status)) {
    if (deps.signal.aborted || deps.clock.monotonicMs() > deadlineMs) {
      return { kind: 'unfinished', job };
    }
    const { id } = job;
    const next = await answerOf(deps, deadlineMs, () => poll(deps, id));
    job = readTourJob(next.body);
  }
  return { kind: 'ended', job };
}

/** Reads a job once; `undefined` when there is none of this id. */
export async function readJob(deps: SubmitAndWaitDeps, id: string): Promise<TourJob | undefined> {
  const deadlineMs = deps.clock.monotonicMs() + pollSeconds * 1_000;
  const path = `/v1/jobs/${encodeURIComponent(id)}`;
  const answer = await answerOf(deps, deadlineMs, () => call(deps, path, {}));
  return answer.status === 200 ? readTourJob(answer.body) : undefined;
}

interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

function post(deps: SubmitAndWaitDeps, submission: Submission): Promise<Answer> {
  return call(deps, '/v1/jobs', {
    method: 'POST',
    body: JSON.stringify(submission.body),
    headers: {
      'content-type': 'application/json',
      'idempotency-key': submission.idempotencyKey,
    },
  });
}

function poll(deps: SubmitAndWaitDeps, id: string): Promise<Answer> {
  return call(deps, `/v1/jobs/${id}?wait=${pollSeconds}`, {});
}

interface Request {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function call(deps: SubmitAndWaitDeps, path: string, init: Request): Promise<Answer> {
  const timeout = AbortSignal.timeout((pollSeconds + 15) * 1_000);
  const response = await fetch(`${deps.api.url}${path}`, {
    ...init,
    headers: { ...init.headers, authorization: `Bearer ${deps.api.key}` },
    signal: AbortSignal.any([timeout, deps.signal]),
  });
  const parsed: unknown = await response.json();
  return { status: response.status, body: isJsonObject(parsed) ? parsed : {} };
}

/** Repeats what a restarting or overloaded API could not answer; both calls are safe to repeat. */
async function answerOf(
  deps: SubmitAndWaitDeps,
  deadlineMs: number,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  for (;;) {
    try {
      const answer = await ask();
      if (answer.status < 500 && answer.status !== 429) return answer;
      if (deps.clock.monotonicMs() > deadlineMs) return answer;
    } catch (error) {
      // The connection broke: the caller's patience decides how often to try again.
      if (deps.signal.aborted || deps.clock.monotonicMs() > deadlineMs) throw error;
    }
    await wait(deps.clock, retryDelayMs, deps.signal);
  }
}
