import { type ErrorClass, errorClasses, ruleOf } from '@forebay/shared/domain/outcome';
import type { Usage } from '@forebay/shared/domain/usage';
import type { AnsweredCall, FailedCall } from '@forebay/shared/ports/provider-client';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { samplePriceRow } from '../../../../test/support/sample-catalog.ts';
import { judgeAnswer, judgeEnding, judgeFailure, judgeMiss } from './judge-attempt.ts';

/** One nano-dollar per input token, half of that cached, four per output token. */
const price = samplePriceRow({ input: 1_000_000n, cachedInput: 500_000n, output: 4_000_000n });
const bounds = { inputTokensMax: 1_000, outputTokensMax: 250, imageCount: 0 };
const terms = { reservation: 2_000n, price, bounds };
const facts = {
  requestId: 'req_1',
  rateLimits: undefined,
  timings: { firstByteMs: 1, totalMs: 2 },
};

function usageOf(inputTokens: number, outputTokens: number, cachedInputTokens = 0): Usage {
  return { inputTokens, cachedInputTokens, outputTokens, reasoningTokens: 0 };
}

function answer(usage: Usage | undefined): AnsweredCall {
  return { kind: 'answered', body: {}, usage, ...facts };
}

function failure(errorClass: ErrorClass, changes: Partial<FailedCall> = {}): FailedCall {
  return {
    kind: 'failed',
    errorClass,
    ambiguity: ruleOf(errorClass).ambiguities[0] ?? 'unknown',
    status: 500,
    code: 'code',
    message: 'text',
    retryAfterMs: undefined,
    usage: undefined,
    ...facts,
    ...changes,
  };
}

describe('a complete answer', () => {
  test('costs what it used, cached input at its own price', () => {
    const usage = usageOf(100, 50, 40);
    expect(judgeAnswer(terms, answer(usage))).toEqual({
      outcome: 'succeeded',
      ambiguity: 'answered',
      error: undefined,
      usage,
      costNanoUsd: 60n + 20n + 200n,
      costIs: 'exact',
      providerRequestId: 'req_1',
      counted: true,
    });
  });

  test.each([
    ['no usage', undefined],
    ['usage without input', usageOf(0, 5)],
    ['more output than was asked for', usageOf(1, 251)],
    ['more input than was sent', usageOf(1_001, 1)],
    ['more cached input than input', usageOf(10, 1, 11)],
    ['usage that costs more than was reserved', usageOf(1_000, 251)],
  ])('with %s costs the worst case, and shows no usage', (_, usage) => {
    expect(judgeAnswer(terms, answer(usage))).toMatchObject({
      usage: undefined,
      costNanoUsd: 2_000n,
      costIs: 'worst_case',
    });
  });

  test('may cost the worst case exactly', () => {
    const end = judgeAnswer(terms, answer(usageOf(1_000, 250)));
    expect(end).toMatchObject({ costNanoUsd: 2_000n, costIs: 'exact' });
  });

  test('never costs less than nothing or more than was reserved, whatever it reports', () => {
    const usages = fc.record({
      inputTokens: fc.integer({ min: -10, max: 2_000 }),
      cachedInputTokens: fc.integer({ min: -10, max: 2_000 }),
      outputTokens: fc.integer({ min: -10, max: 500 }),
      reasoningTokens: fc.integer({ min: -10, max: 500 }),
    });
    fc.assert(
      fc.property(usages, fc.bigInt({ min: 0n, max: 10_000n }), (usage, reservation) => {
        const { costNanoUsd } = judgeAnswer({ price, reservation, bounds }, answer(usage));
        expect(costNanoUsd >= 0n && costNanoUsd <= reservation).toBe(true);
      }),
      { seed: 3 },
    );
  });
});

test('what the provider said about its limits stays with the attempt', () => {
  const rateLimits = {
    limitRequests: 600,
    remainingRequests: 599,
    limitTokens: undefined,
    remainingTokens: undefined,
  };
  const failed = { ...failure('rate_limited', { ambiguity: 'refused' }), rateLimits };
  expect(judgeFailure(terms, failed).rateLimits).toEqual(rateLimits);
  const silent = failure('rate_limited', { ambiguity: 'refused' });
  expect(judgeFailure(terms, silent)).not.toHaveProperty('rateLimits');
});

describe('a failure', () => {
  test.each(errorClasses)('%s costs by what is known about it', (errorClass) => {
    for (const ambiguity of ruleOf(errorClass).ambiguities) {
      const end = judgeFailure(terms, failure(errorClass, { ambiguity }));
      const free = ambiguity === 'not_sent' || ambiguity === 'refused';
      expect(end).toMatchObject({
        outcome: errorClass,
        ambiguity,
        costNanoUsd: free ? 0n : 2_000n,
        costIs: free ? 'none' : 'worst_case',
        counted: ruleOf(errorClass).next !== 'free_retry',
      });
    }
  });

  test('that was answered and tells its usage costs that', () => {
    const call = failure('malformed_answer', { ambiguity: 'answered', usage: usageOf(10, 10) });
    expect(judgeFailure(terms, call)).toMatchObject({ costNanoUsd: 50n, costIs: 'exact' });
  });

  test('that was cut is not believed what it used', () => {
    const call = failure('cut', { ambiguity: 'unknown', usage: usageOf(10, 10) });
    expect(judgeFailure(terms, call)).toMatchObject({ costNanoUsd: 2_000n, usage: undefined });
  });

  test('keeps status, code and text of the provider', () => {
    expect(judgeFailure(terms, failure('overloaded')).error).toEqual({
      class: 'overloaded',
      status: 500,
      code: 'code',
      message: 'text',
    });
  });
});

test('an answer that misses its form is charged as an answer, and is a counted failure', () => {
  const answered = { ...judgeAnswer(terms, answer(usageOf(10, 10))), dearestNanoUsd: '9' };
  const miss = { errorClass: 'malformed_output', code: undefined, message: 'no JSON' } as const;
  const end = judgeMiss(answered, miss);
  expect(end).toEqual(
    judgeFailure(
      terms,
      failure('malformed_output', {
        ...{ ambiguity: 'answered', usage: usageOf(10, 10) },
        ...{ status: undefined, code: undefined, message: 'no JSON' },
      }),
    ),
  );
});

describe('an end that we caused', () => {
  test('is free if nothing left, else charged at its worst case', () => {
    expect(judgeEnding(terms, 'cancelled', 'not_sent')).toMatchObject({ costIs: 'none' });
    expect(judgeEnding(terms, 'deadline', 'unknown')).toMatchObject({
      costNanoUsd: 2_000n,
      costIs: 'worst_case',
      error: { class: 'deadline', message: 'the deadline passed' },
    });
  });

  test('by shutdown costs no attempt, every other one does', () => {
    expect(judgeEnding(terms, 'shutdown', 'unknown').counted).toBe(false);
    expect(judgeEnding(terms, 'lost_lease', 'unknown').counted).toBe(true);
  });
});
