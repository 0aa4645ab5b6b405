/** When a delivery is tried again, and when no more: pure decisions, taken over by the outbox. */
import type { DeliveryVerdict, OutboxEvent } from '@forebay/shared/ports/outbox-store';
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
  event: Pick<OutboxEvent, 'attempts'>,
  response: DeliveryResponse,
  random: number,
): DeliveryVerdict {
  if (response.kind === 'answered') {
    if (isSuccessStatus(response.status)) return { kind: 'delivered' };
    if (response.status === 410) return { kind: 'given_up', endpointGone: true };
  }
  const delayMs = retryDelaysMs[event.attempts];
  if (delayMs === undefined) return { kind: 'given_up', endpointGone: false };
  const asked = response.kind === 'answered' ? response.retryAfterMs : undefined;
  if (asked !== undefined) {
    return { kind: 'retry', afterMs: Math.min(Math.max(asked, retryAfterMsMin), retryAfterMsMax) };
  }
  return { kind: 'retry', afterMs: Math.round(delayMs * (1 - jitter + 2 * jitter * random)) };
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
