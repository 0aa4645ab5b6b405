/**
 * Holds keys to their requests per minute, and tells callers where they stand.
 *
 *  R1. Only a key that has such a limit costs a call to the store.
 *  R2. While the store is away, each process counts by itself up to the same limit: a fault neither
 *      opens the gate nor closes it. What a process has let through counts for it, whoever took it:
 *      one process never lets through more than the limit.
 *  R3. Money is not guarded here: budgets fail closed.
 *  R4. How many jobs wait and run is only told here, as of a second ago; scripts hold these limits.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { PlacesView } from '@forebay/shared/live/places-view';
import type { RateAnswer, RequestLimit, RequestRate } from '@forebay/shared/ports/request-rate';
import type { Clock, Timer } from '@forebay/shared/runtime/clock';
import type { Caller } from './api-call.ts';
import { createRequestCount, type RequestCount } from './count-requests.ts';

export interface LimitRequestsDeps {
  readonly rate: RequestRate;
  readonly places: PlacesView;
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
/**
 * How long the store is waited for. In spells, of which each counts once, however late its timer
 * runs: a process that stands still itself would take the store for slow.
 */
const spellMs = 50;
const spells = 8;

export function createRequestLimiter(deps: LimitRequestsDeps): RequestLimiter {
  const own = createRequestCount(deps.clock);
  return {
    async take(caller) {
      const { requestsPerMinute: max, payerKeyId } = caller;
      const jobs = jobLimitsOf(deps, caller);
      if (max === undefined) return { headers: headersOf(jobs), refusal: undefined };
      const limit = { max, windowMs };
      const refused = own.refuse(payerKeyId, limit);
      const answer = refused ?? (await takeOne({ ...deps, own }, payerKeyId, limit));
      return {
        headers: headersOf([requestLimit(max, answer), ...jobs]),
        refusal: answer.isTaken ? undefined : tooMany(max, answer),
      };
    },
  };
}

async function takeOne(
  deps: LimitRequestsDeps & { readonly own: RequestCount },
  keyId: string,
  limit: RequestLimit,
): Promise<RateAnswer> {
  const { own, clock } = deps;
  const askedAtMs = clock.monotonicMs();
  const answer = await ask(deps, keyId, limit);
  if (answer === undefined) return own.take(keyId, limit, clock.monotonicMs());
  if (!answer.isTaken) return answer;
  const known = own.take(keyId, limit, askedAtMs);
  // What went on while the store was away stands in this count alone.
  return known.isTaken ? { ...answer, left: Math.min(answer.left, known.left) } : known;
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
    let timer: Timer;
    const waitOn = (left: number): void => {
      timer = clock.schedule(spellMs, () => (left > 1 ? waitOn(left - 1) : resolve(undefined)));
    };
    waitOn(spells);
    void counted.then((answer) => {
      timer.cancel();
      resolve(answer);
    });
  });
}

/** One limit of a key, as headers tell it. */
interface ToldLimit {
  readonly name: 'requests' | 'queued-jobs' | 'in-flight-jobs';
  readonly max: number;
  /** `undefined` while it is not known. */
  readonly left: number | undefined;
  /** Until one more may come, and until all may; absent where nobody can say. */
  readonly nextMs?: number;
  readonly fullMs?: number;
}

function requestLimit(max: number, { left, nextMs, fullMs }: RateAnswer): ToldLimit {
  return { name: 'requests', max, left, nextMs, fullMs };
}

/** R4. Only a key that has such a limit is looked at. */
function jobLimitsOf({ places }: LimitRequestsDeps, caller: Caller): readonly ToldLimit[] {
  const { tenant, payerKeyId, grants, inFlightMax } = caller;
  const { queuedMax } = grants;
  if (queuedMax === undefined && inFlightMax === undefined) return [];
  const seen = places.of(tenant, payerKeyId);
  const told = (name: ToldLimit['name'], max: number, used: number | undefined): ToldLimit => ({
    ...{ name, max },
    left: used === undefined ? undefined : Math.max(0, max - used),
  });
  return [
    ...(queuedMax === undefined ? [] : [told('queued-jobs', queuedMax, seen?.queued)]),
    ...(inFlightMax === undefined ? [] : [told('in-flight-jobs', inFlightMax, seen?.running)]),
  ];
}

function headersOf(told: readonly ToldLimit[]): Record<string, string> {
  if (told.length === 0) return {};
  const known = told.filter(({ left }) => left !== undefined);
  return {
    'ratelimit-policy': told
      .map(({ name, max }) => `"${name}";q=${max}${name === 'requests' ? ';w=60' : ''}`)
      .join(', '),
    ...(known.length === 0 ? {} : { ratelimit: known.map(standingOf).join(', ') }),
    ...Object.assign({}, ...told.map(figuresOf)),
  };
}

function standingOf({ name, left, nextMs }: ToldLimit): string {
  const next = nextMs === undefined ? '' : `;t=${Math.ceil(nextMs / 1000)}`;
  return `"${name}";r=${left}${next}`;
}

function figuresOf({ name, max, left, fullMs }: ToldLimit): Record<string, string> {
  return {
    [`x-ratelimit-limit-${name}`]: String(max),
    ...(left === undefined ? {} : { [`x-ratelimit-remaining-${name}`]: String(left) }),
    ...(fullMs === undefined ? {} : { [`x-ratelimit-reset-${name}`]: durationText(fullMs) }),
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
