/** When a deployment is left alone because its calls fail, and how it comes back. */
import type { ErrorClass } from './outcome.ts';

export interface BreakerSettings {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** Share of failed calls, 0 to 1, that opens it, over 10 to 20 s and `callsMin` calls or more. */
  readonly errorRate: number;
  readonly callsMin: number;
  /** How long it stays open at first; each time that it opens again, twice as long. */
  readonly openMs: number;
  readonly openMsMax: number;
  /** How long it takes until the deployment has all its concurrency again. */
  readonly rampMs: number;
}

/** What became of a breaker when a call ended. */
export interface BreakerChange {
  readonly state: 'open' | 'ramping' | 'closed';
  /** Class of the failure that opened it. */
  readonly reason: string;
  /** How long no call starts; 0 unless it opened. */
  readonly openMs: number;
}

/** The provider is not there, or not able to answer. */
const badClasses: ReadonlySet<ErrorClass> = new Set([
  'connect_failed',
  'server_error',
  'overloaded',
  'timeout',
  'cut',
  'gateway_error',
]);

/** Ends that we caused or that happened on our side. */
const silentClasses: ReadonlySet<ErrorClass> = new Set([
  'payload_unreadable',
  'lost_lease',
  'worker_error',
  'cancelled',
  'deadline',
  'permit_lapsed',
  'price_raised',
  'shutdown',
]);

export type BreakerVerdict = 'good' | 'bad' | 'none';

interface JudgedCall {
  readonly outcome: 'succeeded' | ErrorClass;
  /** Whether a deadline of ours ended a silence that no working provider keeps. */
  readonly hasHung?: boolean | undefined;
}

/**
 * What the end of a call says about its deployment. Whoever refuses a request for what it holds,
 * or because there are too many (the lane is paused then), answers: that is no outage.
 */
export function breakerVerdict({ outcome, hasHung = false }: JudgedCall): BreakerVerdict {
  if (outcome === 'succeeded') return 'good';
  if (hasHung) return 'bad';
  if (silentClasses.has(outcome)) return 'none';
  return badClasses.has(outcome) ? 'bad' : 'good';
}
