/** The port to a provider: one call, one outcome. Adapters speak a dialect over HTTP. */
import type { JsonObject } from '../domain/json.ts';
import type { AttemptTimers, Deployment, JobKind } from '../domain/model-catalog.ts';
import type { Ambiguity, ErrorClass } from '../domain/outcome.ts';
import type { RateLimitHeaders } from '../domain/rate-limits.ts';
import type { TextDelta } from '../domain/text-delta.ts';
import type { Usage } from '../domain/usage.ts';

export interface ProviderCall {
  readonly kind: JobKind;
  readonly deployment: Deployment;
  /** The caller's request; model name, output cap and streaming are set by the adapter. */
  readonly body: JsonObject;
  /** Sent as the output cap, per choice. */
  readonly outputCapTokens: number;
  /** Sent in `x-forebay-attempt-id`, so that a bill line can be matched with its attempt. */
  readonly attemptId: string;
  readonly timers: AttemptTimers;
  /** Aborts the call: cancel, deadline, lost lease, shutdown. The caller knows which. */
  readonly signal: AbortSignal;
  /**
   * Told the text of a streamed answer as it comes, before it is known whether the answer is of
   * use; not called for answers that come whole. Must neither wait nor throw.
   */
  readonly onDelta?: ((delta: TextDelta) => void) | undefined;
}

export interface CallTimings {
  /** From sending to the first byte of the answer; `undefined` when none came. */
  readonly firstByteMs: number | undefined;
  readonly totalMs: number;
}

interface OutcomeFacts {
  readonly requestId: string | undefined;
  readonly rateLimits: RateLimitHeaders | undefined;
  readonly timings: CallTimings;
}

/** A complete answer in the OpenAI form of its kind. */
export interface AnsweredCall extends OutcomeFacts {
  readonly kind: 'answered';
  readonly body: JsonObject;
  /** `undefined` when the provider sent none, or nonsense; then the worst case is charged. */
  readonly usage: Usage | undefined;
}

/** A failure of a known class. */
export interface FailedCall extends OutcomeFacts {
  readonly kind: 'failed';
  readonly errorClass: ErrorClass;
  readonly ambiguity: Ambiguity;
  readonly status: number | undefined;
  /** The provider's machine code, if it is a short plain word. */
  readonly code: string | undefined;
  /** Scrubbed of keys and cut to 500 characters; never the raw body. */
  readonly message: string;
  /** How long the provider asked us to wait, clamped to a day. */
  readonly retryAfterMs: number | undefined;
  /** Present when a complete answer was billed although it cannot be used. */
  readonly usage: Usage | undefined;
}

/** Ended by the caller's signal. */
export interface AbortedCall extends OutcomeFacts {
  readonly kind: 'aborted';
  /** `not_sent` when the request had not left yet, else `unknown`. */
  readonly ambiguity: Ambiguity;
}

export type CallOutcome = AnsweredCall | FailedCall | AbortedCall;

export interface ProviderClient {
  /** Never rejects for anything that the network or the provider does. */
  call(call: ProviderCall): Promise<CallOutcome>;
  close(): Promise<void>;
}
