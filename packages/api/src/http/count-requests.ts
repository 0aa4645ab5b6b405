/**
 * What one process knows of the requests that it let through: its own count beside the store's,
 * which decides alone while the store is away.
 */
import { keepNewest } from '@forebay/shared/live/keep-newest';
import type { RateAnswer, RequestLimit } from '@forebay/shared/ports/request-rate';
import type { Clock } from '@forebay/shared/runtime/clock';

export interface RequestCount {
  /** The answer to a request that may not go on, whatever others let through; else `undefined`. */
  refuse(keyId: string, limit: RequestLimit): RateAnswer | undefined;
  /**
   * Counts a request that may go on as far as this process knows.
   *
   * @param atMs on the clock's monotonic time; a request that the store took came no earlier.
   */
  take(keyId: string, limit: RequestLimit, atMs: number): RateAnswer;
}

/** Requests of one key in the order of their times; the first `gone` have left the window. */
interface Requests {
  readonly timesMs: number[];
  gone: number;
}

/** Keys that are counted at the most. */
const keysMax = 10_000;
/** Times that have left the window and are kept until it is worth moving the others. */
const goneKept = 64;

export function createRequestCount(clock: Clock): RequestCount {
  const requests = new Map<string, Requests>();
  return {
    refuse(keyId, limit) {
      const known = requests.get(keyId);
      const nowMs = clock.monotonicMs();
      if (known === undefined || countOf(known, limit, nowMs) < limit.max) return undefined;
      return answerOf(known, { limit, nowMs, isTaken: false });
    },
    take(keyId, limit, atMs) {
      const nowMs = clock.monotonicMs();
      const known = requests.get(keyId) ?? { timesMs: [], gone: 0 };
      const isTaken = countOf(known, limit, nowMs) < limit.max;
      if (isTaken) insert(known, atMs);
      keepNewest(requests, [keyId, known], keysMax);
      forgetOldest(requests, nowMs - limit.windowMs);
      return answerOf(known, { limit, nowMs, isTaken });
    },
  };
}

function countOf(known: Requests, { windowMs }: RequestLimit, nowMs: number): number {
  const { timesMs } = known;
  while ((timesMs[known.gone] ?? nowMs) <= nowMs - windowMs) known.gone += 1;
  if (known.gone > goneKept && known.gone * 2 > timesMs.length) {
    timesMs.splice(0, known.gone);
    known.gone = 0;
  }
  return timesMs.length - known.gone;
}

/** Answers of the store may come in another order than they were asked for. */
function insert({ timesMs, gone }: Requests, atMs: number): void {
  let place = timesMs.length;
  while (place > gone && (timesMs[place - 1] ?? 0) > atMs) place -= 1;
  timesMs.splice(place, 0, atMs);
}

/** A key that sends nothing any more holds no memory: one of those goes with each request. */
function forgetOldest(requests: Map<string, Requests>, beforeMs: number): void {
  const [oldest] = requests;
  if (oldest === undefined) return;
  const [keyId, { timesMs }] = oldest;
  if ((timesMs.at(-1) ?? 0) <= beforeMs) requests.delete(keyId);
}

function answerOf(
  { timesMs, gone }: Requests,
  { limit, nowMs, isTaken }: { limit: RequestLimit; nowMs: number; isTaken: boolean },
): RateAnswer {
  const leavesInMs = (atMs = nowMs) => atMs + limit.windowMs - nowMs;
  return {
    isTaken,
    left: Math.max(0, limit.max - (timesMs.length - gone)),
    nextMs: leavesInMs(timesMs[gone]),
    fullMs: leavesInMs(timesMs.at(-1)),
  };
}
