/**
 * Checks what the sink received: every delivery carries a valid signature, every job that asked
 * for it was told its end with one event id, and a receiver said 200 to it.
 */
import { isJsonObject, type JsonObject } from '@forebay/shared/domain/json';
import { verifyWebhook } from '@forebay/shared/webhooks/signature';

export interface SinkDelivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** What the sink answered; `undefined` when nothing. */
  readonly status: number | undefined;
}

/** A job that asked to be told how it ended. */
export interface AwaitedWebhook {
  readonly job: string;
  /** Such as `job.succeeded`. */
  readonly event: string;
}

export interface WebhookReport {
  readonly deliveries: number;
  readonly verified: number;
  readonly awaited: number;
  readonly arrived: number;
  readonly breaks: readonly string[];
}

interface Received {
  readonly job: string;
  readonly event: string;
  readonly eventId: string;
  readonly accepted: boolean;
}

export interface CheckWebhooksInput {
  readonly awaited: readonly AwaitedWebhook[];
  readonly deliveries: readonly SinkDelivery[];
  readonly secret: string;
  readonly nowSeconds: number;
}

export function checkWebhooks(input: CheckWebhooksInput): WebhookReport {
  const breaks: string[] = [];
  const received: Received[] = [];
  for (const delivery of input.deliveries) {
    const verdict = verifyWebhook({
      secrets: [input.secret],
      headers: delivery.headers,
      body: delivery.body,
      nowSeconds: input.nowSeconds,
    });
    const { event, job } = readBody(delivery.body);
    if (verdict.kind === 'refused') {
      breaks.push(`a delivery of ${event} for ${job} did not verify: ${verdict.reason}`);
      continue;
    }
    const accepted = (delivery.status ?? 0) >= 200 && (delivery.status ?? 0) < 300;
    received.push({ job, event, eventId: verdict.id, accepted });
  }
  const verdicts = input.awaited.map((awaited) => checkAwaited(awaited, received));
  const missed = verdicts.filter((text) => text !== undefined);
  return {
    deliveries: input.deliveries.length,
    verified: received.length,
    awaited: input.awaited.length,
    arrived: input.awaited.length - missed.length,
    breaks: [...breaks, ...missed],
  };
}

/** Whether the end of every awaited job has been accepted; for waiting, not for judging. */
export function allArrived(input: CheckWebhooksInput): boolean {
  const { arrived, awaited } = checkWebhooks(input);
  return arrived === awaited;
}

function checkAwaited(
  { job, event }: AwaitedWebhook,
  received: readonly Received[],
): string | undefined {
  const mine = received.filter((each) => each.job === job && each.event === event);
  const ids = new Set(mine.map((each) => each.eventId));
  if (ids.size > 1) return `${job} announced ${event} with ${ids.size} event ids`;
  if (mine.some((each) => each.accepted)) return undefined;
  return `${job} ended and its ${event} was not delivered`;
}

function readBody(body: Uint8Array): { event: string; job: string } {
  const parsed = parseJson(Buffer.from(body).toString('utf8'));
  const { type, data } = parsed;
  const id = isJsonObject(data) ? data['id'] : undefined;
  return {
    event: typeof type === 'string' ? type : 'an unreadable event',
    job: typeof id === 'string' ? id : 'no job',
  };
}

function parseJson(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    // An unreadable body counts as an event of no job, which the checks report.
    return {};
  }
}
