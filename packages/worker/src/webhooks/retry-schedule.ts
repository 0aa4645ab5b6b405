/** When a delivery is tried again, and when no more: pure decisions, taken over by the outbox. */
import type {
  DeliveryVerdict,
  EndpointVerdict,
  OutboxEvent,
} from '@forebay/shared/ports/outbox-store';
import type { EgressErrorClass } from './egress-error.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/**
 * Waits after the first, second, … failed attempt: with the attempt made at once these are the
 * ten of the Standard Webhooks schedule, spread over three days.
 */
export const retryDelaysMs = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
] as const;

/** Each wait is changed by up to this part of it, so that retries do not come in waves. */
const jitter = 0.2;
/** Failures in a row after which an endpoint is held, and its holds. */
const failuresBeforeHold = 3;
const holdMsMin = 5 * second;
const holdMsMax = 5 * minute;
/** Answers that say that the receiver is busy or away, not that it dislikes this event. */
const busyStatuses = [429, 502, 503, 504];
const retryAfterMsMin = 1 * second;
const retryAfterMsMax = 24 * hour;

export type DeliveryResponse =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly retryAfterMs: number | undefined;
    }
  | { readonly kind: 'failed'; readonly errorClass: EgressErrorClass };

/**
 * Decides what an attempt means: 2xx is delivered; 410 ends it, because the receiver says that the
 * endpoint is gone; everything else is tried again until the schedule is used up. A receiver's
 * `Retry-After` takes the place of the schedule's wait, within one second and a day.
 *
 * @param random uniform in [0, 1).
 */
export function decideDelivery(
  event: { readonly attempts: number; readonly type?: OutboxEvent['type'] },
  response: DeliveryResponse,
  random: number,
): DeliveryVerdict {
  if (response.kind === 'answered') {
    if (isSuccessStatus(response.status)) return { kind: 'delivered' };
    if (response.status === 410) return { kind: 'given_up', endpointGone: true };
  }
  // Whoever asked for a test waits for its end.
  const isTest = event.type === 'webhook.test';
  const delayMs = isTest ? undefined : retryDelaysMs[event.attempts];
  if (delayMs === undefined) return { kind: 'given_up', endpointGone: false };
  const asked = response.kind === 'answered' ? response.retryAfterMs : undefined;
  if (asked !== undefined) {
    return { kind: 'retry', afterMs: clampRetryAfter(asked) };
  }
  return { kind: 'retry', afterMs: Math.round(delayMs * (1 - jitter + 2 * jitter * random)) };
}

/**
 * What an attempt says of the endpoint. One that is busy, or that has failed some times in a row,
 * is held: nothing is sent there for a while, which doubles with each failure, so that a dead host
 * with a long queue costs one short call at a time.
 */
export function judgeEndpoint(
  event: Pick<OutboxEvent, 'endpointFailures' | 'type'>,
  response: DeliveryResponse,
): EndpointVerdict {
  if (response.kind === 'answered' && isSuccessStatus(response.status)) return { kind: 'delivers' };
  // Somebody tries it out by hand: a failure is the answer, and no news.
  if (event.type === 'webhook.test') return { kind: 'untold' };
  const asked = response.kind === 'answered' ? response.retryAfterMs : undefined;
  if (asked !== undefined) return { kind: 'fails', holdMs: clampRetryAfter(asked) };
  const isBusy = response.kind === 'answered' && busyStatuses.includes(response.status);
  const doublings = event.endpointFailures + 1 - (isBusy ? 1 : failuresBeforeHold);
  const holdMs = doublings < 0 ? 0 : Math.min(holdMsMin * 2 ** doublings, holdMsMax);
  return { kind: 'fails', holdMs };
}

function clampRetryAfter(askedMs: number): number {
  return Math.min(Math.max(askedMs, retryAfterMsMin), retryAfterMsMax);
}

/** Only 2xx is success; a redirect is not followed and therefore a failure. */
export function isSuccessStatus(status: number): boolean {
  return status >= 200 && status < 300;
}

/**
 * Reads `Retry-After`: whole seconds or an HTTP date.
 *
 * @returns milliseconds from now, 0 for a date that has passed; `undefined` for anything else.
 */
export function parseRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * second;
  const isHttpDate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} \w{3} \d{4} [\d:]{8} GMT$/.test(text);
  const atMs = isHttpDate ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
