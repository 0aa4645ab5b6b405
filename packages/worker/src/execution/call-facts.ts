/** What the end of a call tells its lane. */
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
  /** How the call ended. */
  readonly end?: CallEnd | undefined;
}

interface EndedCall {
  readonly outcome: CallOutcome;
  readonly record: JobRecord;
}

export function callFacts({ outcome, record }: EndedCall, judged: JudgedEnd): CallFacts {
  const { usage } = judged;
  const end: CallEnd = {
    outcome: judged.outcome,
    ...outcome.timings,
    outputTokens: usage?.outputTokens,
  };
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
