/**
 * Holds keys to their requests per minute, and tells callers where they stand.
 *
 *  R1. Only a key that has such a limit costs a call to the store.
 *  R2. While the store is away, each process counts by itself up to the same limit: a fault neither
 *      opens the gate nor closes it.
 *  R3. Money is not guarded here: budgets fail closed.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { RateAnswer, RequestLimit, RequestRate } from '@forebay/shared/ports/request-rate';
import type { Clock } from '@forebay/shared/runtime/clock';
import type { Caller } from './api-call.ts';

export interface LimitRequestsDeps {
  readonly rate: RequestRate;
  readonly clock: Clock;
  /** Told of each request that the store could not count. */
  readonly onError: (error: unknown) => void;
}

export interface Limited {
  /** For the reply, whatever becomes of the request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Why the request may not go on; `undefined` when it may. */
  readonly refusal: ForebayError | undefined;
}

export interface RequestLimiter {
  take(caller: Caller): Promise<Limited>;
}

const windowMs = 60_000;
const patienceMs = 400;
/** Keys that one process counts by itself. */
const keysMax = 10_000;

export function createRequestLimiter(deps: LimitRequestsDeps): RequestLimiter {
  const own = createOwnCount(deps.clock);
  return {
    async take(caller) {
      const policies = policiesOf(caller);
      const { requestsPerMinute: max, payerKeyId } = caller;
      if (max === undefined) return { headers: policies, refusal: undefined };
      const limit = { max, windowMs };
      const answer = (await ask(deps, payerKeyId, limit)) ?? own.take(payerKeyId, limit);
      return {
        headers: { ...policies, ...figuresOf(max, answer) },
        refusal: answer.isTaken ? undefined : tooMany(max, answer),
      };
    },
  };
}

/** `undefined` when the store does not answer soon: the request itself needs what time is left. */
async function ask(
  { rate, clock, onError }: LimitRequestsDeps,
  keyId: string,
  limit: RequestLimit,
): Promise<RateAnswer | undefined> {
  const counted = rate.take(keyId, limit).catch((error: unknown) => {
    onError(error);
    return undefined;
  });
  return new Promise((resolve) => {
    const timer = clock.schedule(patienceMs, () => resolve(undefined));
    void counted.then((answer) => {
      timer.cancel();
      resolve(answer);
    });
  });
}

/** The same rule as the store's, for this process alone (R2). */
function createOwnCount(clock: Clock) {
  const times = new Map<string, number[]>();
  return {
    take(keyId: string, { max, windowMs: window }: RequestLimit): RateAnswer {
      const nowMs = clock.monotonicMs();
      if (times.size >= keysMax && !times.has(keyId)) times.clear();
      const recent = (times.get(keyId) ?? []).filter((atMs) => atMs > nowMs - window);
      const isTaken = recent.length < max;
      if (isTaken) recent.push(nowMs);
      times.set(keyId, recent);
      return {
        isTaken,
        left: Math.max(0, max - recent.length),
        nextMs: (recent[0] ?? nowMs) + window - nowMs,
        fullMs: (recent.at(-1) ?? nowMs) + window - nowMs,
      };
    },
  };
}

function policiesOf({ requestsPerMinute, grants }: Caller): Readonly<Record<string, string>> {
  const policies = [
    ...(requestsPerMinute === undefined ? [] : [`"requests";q=${requestsPerMinute};w=60`]),
    ...(grants.queuedMax === undefined ? [] : [`"queued-jobs";q=${grants.queuedMax}`]),
  ];
  return policies.length === 0 ? {} : { 'ratelimit-policy': policies.join(', ') };
}

function figuresOf(max: number, { left, nextMs, fullMs }: RateAnswer): Record<string, string> {
  return {
    ratelimit: `"requests";r=${left};t=${Math.ceil(nextMs / 1000)}`,
    'x-ratelimit-limit-requests': String(max),
    'x-ratelimit-remaining-requests': String(left),
    'x-ratelimit-reset-requests': durationText(fullMs),
  };
}

/** As OpenAI writes it: `120ms`, `17s`, `1m0s`. */
function durationText(ms: number): string {
  if (ms < 1000) return `${Math.ceil(ms)}ms`;
  const seconds = Math.ceil(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

function tooMany(max: number, { nextMs }: RateAnswer): ForebayError {
  const seconds = Math.max(1, Math.ceil(nextMs / 1000));
  const detail = `This key may send ${max} requests a minute. The next may come in ${seconds} s.`;
  const options = { retryAfterSeconds: seconds, violatedPolicy: 'requests' };
  return new ForebayError('key_limit_exceeded', detail, options);
}
