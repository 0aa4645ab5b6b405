/**
 * The caller's request of a claimed job, or why there is none. Nothing has been sent yet, so
 * every failure here is free. A disk that does not answer is asked again for a few seconds while
 * the claim is kept alive; what is gone or damaged stays so.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JobRecord } from '@forebay/shared/domain/job';
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import { type Ambiguity, type ErrorClass, ruleOf } from '@forebay/shared/domain/outcome';
import type { PayloadVault } from '@forebay/shared/payloads/payload-vault';
import type { AbortedCall, FailedCall } from '@forebay/shared/ports/provider-client';
import type { Clock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';
import type { WorkerEvents } from '../worker-events.ts';
import type { LeaseWatch } from './watch-lease.ts';

export interface ReadRequestDeps {
  readonly vault: Pick<PayloadVault, 'unpack'>;
  readonly clock: Clock;
  readonly events: WorkerEvents;
}

export interface StoredRequest {
  readonly record: JobRecord;
  readonly sealed: Uint8Array;
  readonly watch: Pick<LeaseWatch, 'signal'>;
}

export type RequestReading =
  | { readonly kind: 'read'; readonly body: JsonObject }
  | FailedCall
  | AbortedCall;

/** Pauses between the tries; about seven seconds in all. */
const pausesMs = [200, 500, 1_000, 2_000, 3_000];

export async function readRequest(
  deps: ReadRequestDeps,
  { record, sealed, watch }: StoredRequest,
): Promise<RequestReading> {
  // A shadow sends what the job was asked that it repeats.
  const { tenant, id } = record.spec.shadowOf ?? record;
  const context = { tenant, job: id, field: 'payload' } as const;
  for (let tries = 0; ; tries += 1) {
    try {
      return bodyIn(await deps.vault.unpack(context, sealed));
    } catch (error) {
      deps.events.emit('payload.unreadable', { job: record.id, error });
      const pauseMs = isFinal(error) ? undefined : pausesMs[tries];
      if (pauseMs === undefined) return ownFailure('payload_unreadable', 'not_sent', 0);
      const goOn = await wait(deps.clock, pauseMs, watch.signal);
      if (!goOn) return { kind: 'aborted', ambiguity: 'not_sent', ...noFacts(0) };
    }
  }
}

function bodyIn(value: Json): RequestReading {
  if (isJsonObject(value)) return { kind: 'read', body: value };
  return ownFailure('payload_unreadable', 'not_sent', 0);
}

/** Gone or damaged, as opposed to an object store that fails at the moment. */
function isFinal(error: unknown): boolean {
  return ForebayError.is(error) || error instanceof SyntaxError;
}

/** A failure that neither the provider nor the network caused. */
export function ownFailure(
  errorClass: ErrorClass,
  ambiguity: Ambiguity,
  totalMs: number,
): FailedCall {
  return {
    kind: 'failed',
    errorClass,
    ambiguity,
    status: undefined,
    code: undefined,
    message: ruleOf(errorClass).text,
    retryAfterMs: undefined,
    usage: undefined,
    ...noFacts(totalMs),
  };
}

function noFacts(totalMs: number): Pick<AbortedCall, 'requestId' | 'rateLimits' | 'timings'> {
  return {
    requestId: undefined,
    rateLimits: undefined,
    timings: { firstByteMs: undefined, totalMs },
  };
}
