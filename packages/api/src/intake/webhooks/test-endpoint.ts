/** Sends a test event to a webhook endpoint and waits for what comes of it. */
import { randomBytes } from 'node:crypto';
import { limits } from '@forebay/shared/domain/limits';
import type { EndpointAttempt, EndpointRef } from '@forebay/shared/ports/webhook-endpoint-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';
import { type EndpointDeps, noSuchEndpoint, readEndpoint } from './manage-endpoints.ts';

export interface TestEndpointDeps extends Pick<EndpointDeps, 'endpoints'> {
  readonly clock: Clock;
}

/** A sending may take its whole time limit, after another one that is under way. */
const patienceMs = limits.webhookTimeoutMs + 5_000;
/** Tests are rare and made by hand: looking for their ends costs less than being told of them. */
const lookEveryMs = 200;

export interface TestResult {
  readonly eventId: string;
  /** `undefined` when nothing has come of it in time: no worker sends, or the receiver hangs. */
  readonly attempt: EndpointAttempt | undefined;
}

/** @throws ForebayError `not_found`. */
export async function testEndpoint(
  { endpoints, clock }: TestEndpointDeps,
  ref: EndpointRef,
  signal: AbortSignal,
): Promise<TestResult> {
  const endpoint = await readEndpoint({ endpoints }, ref);
  const eventId = `evt_${randomBytes(20).toString('hex')}`;
  const data = { id: ref.id, object: 'webhook_endpoint', description: endpoint.description };
  if (!(await endpoints.test(ref, eventId, data))) throw noSuchEndpoint();
  const untilMs = clock.monotonicMs() + patienceMs;
  while (clock.monotonicMs() < untilMs && !signal.aborted) {
    const attempts = await endpoints.listAttempts(ref, limits.webhookEndpointAttemptsKept);
    const attempt = attempts.find((each) => each.eventId === eventId);
    if (attempt !== undefined) return { eventId, attempt };
    await wait(clock, lookEveryMs, signal);
  }
  return { eventId, attempt: undefined };
}
