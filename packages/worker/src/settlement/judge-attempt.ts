/**
 * What an attempt cost, and how sure that is (design: the money identity).
 *
 * `not_sent` and `refused` cost nothing. A complete answer costs its usage. Everything unknown is
 * charged at the worst case that was reserved, and so is a complete answer whose usage is missing
 * or cannot be true: nobody may pass a ceiling because a provider reported nonsense.
 */
import type { AttemptEnd, AttemptError, AttemptOutcome } from '@forebay/shared/domain/job';
import type { NanoUsd } from '@forebay/shared/domain/money';
import type { Ambiguity, ErrorClass } from '@forebay/shared/domain/outcome';
import { ruleOf } from '@forebay/shared/domain/outcome';
import type { PriceRow } from '@forebay/shared/domain/price-row';
import type { Usage } from '@forebay/shared/domain/usage';
import type { AnsweredCall, FailedCall } from '@forebay/shared/ports/provider-client';
import {
  plausibleUsage,
  priceUsage,
  type UsageBounds,
} from '@forebay/shared/pricing/price-attempt';
import type { OutputMiss } from '../outputs/judge-output.ts';

export type JudgedEnd = Omit<AttemptEnd, 'endedAtMs' | 'wasted'>;

/** What was held for the attempt, and the price at the deployment that took it. */
export interface AttemptTerms {
  readonly reservation: NanoUsd;
  readonly price: PriceRow;
  /** What the attempt can have used at most; usage beyond it is nonsense. */
  readonly bounds: UsageBounds;
}

/** A complete, usable answer. */
export function judgeAnswer(terms: AttemptTerms, call: AnsweredCall): JudgedEnd {
  return {
    outcome: 'succeeded',
    ambiguity: 'answered',
    error: undefined,
    providerRequestId: call.requestId,
    ...(call.rateLimits === undefined ? {} : { rateLimits: call.rateLimits }),
    counted: true,
    ...chargeFor(terms, 'answered', call.usage),
  };
}

/** A failure that the provider or the network caused. */
export function judgeFailure(terms: AttemptTerms, call: FailedCall): JudgedEnd {
  return {
    outcome: call.errorClass,
    ambiguity: call.ambiguity,
    error: {
      class: call.errorClass,
      status: call.status,
      code: call.code,
      message: call.message,
    },
    providerRequestId: call.requestId,
    ...(call.rateLimits === undefined ? {} : { rateLimits: call.rateLimits }),
    counted: costsAnAttempt(call.errorClass),
    ...chargeFor(terms, call.ambiguity, call.usage),
  };
}

/** A complete answer that is of no use: charged as judged, but no success. */
export function judgeMiss(answered: JudgedEnd, miss: OutputMiss): JudgedEnd {
  const { errorClass, code, message } = miss;
  // What the ledger keeps of answers only.
  const { firstByteMs: _, dearestNanoUsd: __, flaw: ___, ...end } = answered;
  return {
    ...end,
    outcome: errorClass,
    error: { class: errorClass, status: undefined, code, message },
    counted: costsAnAttempt(errorClass),
  };
}

/** An end that we caused or saw from outside: cancel, deadline, shutdown, lost lease. */
export function judgeEnding(
  terms: Pick<AttemptTerms, 'reservation'>,
  errorClass: ErrorClass,
  ambiguity: Ambiguity,
): JudgedEnd {
  const charged = ambiguity === 'not_sent' || ambiguity === 'refused' ? none : worst(terms);
  return {
    outcome: errorClass satisfies AttemptOutcome,
    ambiguity,
    error: ownError(errorClass),
    providerRequestId: undefined,
    counted: costsAnAttempt(errorClass),
    ...charged,
  };
}

/** Shutdown, and whatever else is this worker's own affair, never costs the job an attempt. */
function costsAnAttempt(errorClass: ErrorClass): boolean {
  return ruleOf(errorClass).next !== 'free_retry';
}

function ownError(errorClass: ErrorClass): AttemptError {
  return {
    class: errorClass,
    status: undefined,
    code: undefined,
    message: ruleOf(errorClass).text,
  };
}

type Charge = Pick<JudgedEnd, 'usage' | 'costNanoUsd' | 'costIs'>;

const none: Charge = { usage: undefined, costNanoUsd: 0n, costIs: 'none' };

function worst(terms: Pick<AttemptTerms, 'reservation'>): Charge {
  return { usage: undefined, costNanoUsd: terms.reservation, costIs: 'worst_case' };
}

function chargeFor(terms: AttemptTerms, ambiguity: Ambiguity, usage: Usage | undefined): Charge {
  if (ambiguity === 'not_sent' || ambiguity === 'refused') return none;
  if (ambiguity === 'unknown' || usage === undefined) return worst(terms);
  // Every request has input.
  if (usage.inputTokens === 0 || !plausibleUsage(usage, terms.bounds)) return worst(terms);
  const cost = priceUsage(terms.price, usage, terms.bounds.imageCount);
  // The bounds imply this; a catalog that changed meanwhile must not break the ceiling either.
  if (cost > terms.reservation) return worst(terms);
  return { usage, costNanoUsd: cost, costIs: 'exact' };
}
