/** What the end of a call tells its lane. */
import { breakerVerdict } from '@forebay/shared/domain/breaker';
import type { JobRecord } from '@forebay/shared/domain/job';
import type { CallEnd, TokenLesson } from '@forebay/shared/ports/lane-store';
import type { CallOutcome } from '@forebay/shared/ports/provider-client';
import type { JudgedEnd } from '../settlement/judge-attempt.ts';
import { learnTokens } from '../settlement/learn-tokens.ts';

/** What there is to correct in the permit. */
export interface CallFacts {
  /** Tokens really used; `undefined` when nobody knows. */
  readonly usedTokens: number | undefined;
  /** Service time of a complete answer. */
  readonly serviceMs: number | undefined;
  /** What it says about the guess at its tokens. */
  readonly lesson?: TokenLesson | undefined;
  /** How the call ended; `undefined` where that says nothing, because nobody was called. */
  readonly end?: CallEnd | undefined;
}

interface EndedCall {
  readonly outcome: CallOutcome;
  readonly record: JobRecord;
  /** Whether a deadline of ours ended a silence that no working provider keeps. */
  readonly hasHung?: boolean;
}

export function callFacts(call: EndedCall, judged: JudgedEnd): CallFacts {
  const { outcome, record } = call;
  const { usage } = judged;
  const end = endOf(call, judged);
  const usedTokens = usage === undefined ? undefined : usage.inputTokens + usage.outputTokens;
  if (outcome.kind !== 'answered') {
    return { usedTokens: judged.costIs === 'none' ? 0 : usedTokens, serviceMs: undefined, end };
  }
  return {
    usedTokens,
    serviceMs: outcome.timings.totalMs,
    lesson: learnTokens(record.spec.features, usage),
    end,
  };
}

function endOf(call: EndedCall, judged: JudgedEnd): CallEnd | undefined {
  const { outcome, ambiguity, usage } = judged;
  // A refusal of our own must not speak for a provider that may be away.
  if (ambiguity === 'not_sent' && breakerVerdict({ outcome }) === 'good') return undefined;
  return {
    outcome,
    ...call.outcome.timings,
    outputTokens: usage?.outputTokens,
    hasHung: outcome === 'deadline' && call.hasHung,
  };
}
