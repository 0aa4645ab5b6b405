import { describe, expect, test } from 'vitest';
import { checkMoney } from './check-money.ts';
import type { TourAttempt, TourJob } from './tour-job.ts';

function attempt(ambiguity: string, charged: bigint, id = 'job_1.1'): TourAttempt {
  const model = 'economy';
  return { id, model, outcome: 'any', ambiguity, chargedNanoUsd: charged };
}

function job(attempts: readonly TourAttempt[], cost: Partial<TourJob['cost']> = {}): TourJob {
  const sumOf = (ambiguity: string): bigint =>
    attempts
      .filter((each) => each.ambiguity === ambiguity)
      .reduce((sum, each) => sum + each.chargedNanoUsd, 0n);
  return {
    id: 'job_1',
    status: 'succeeded',
    model: 'economy',
    errorCode: undefined,
    attempts,
    cost: {
      ceiling: 1_000n,
      reserved: 0n,
      spent: sumOf('answered'),
      unknown: sumOf('unknown'),
      ...cost,
    },
  };
}

const line = (costNanoUsd: bigint, attemptId = 'job_1.1') => ({ attemptId, costNanoUsd });

describe('checkMoney', () => {
  test('holds when settled attempts equal their bill and unknown ones cover it', () => {
    const attempts = [
      attempt('refused', 0n),
      attempt('unknown', 70n, 'job_1.2'),
      attempt('answered', 25n, 'job_1.3'),
    ];

    const report = checkMoney([job(attempts)], [line(60n, 'job_1.2'), line(25n, 'job_1.3')]);

    expect(report).toEqual({ billed: 85n, spent: 25n, unknown: 70n, breaks: [] });
  });

  test.each([
    ['a settled attempt that differs from its bill', job([attempt('answered', 5n)]), [line(6n)]],
    ['a settled attempt that was never billed', job([attempt('answered', 5n)]), []],
    ['an unknown attempt below its bill', job([attempt('unknown', 5n)]), [line(6n)]],
    ['a refused attempt that was billed', job([attempt('refused', 0n)]), [line(1n)]],
    ['a bill line without an attempt', job([]), [line(1n)]],
    ['two bill lines for one attempt', job([attempt('answered', 5n)]), [line(5n), line(5n)]],
    ['a job above its ceiling', job([attempt('answered', 5n)], { ceiling: 4n }), [line(5n)]],
    ['an ended job that still holds money', job([], { reserved: 1n }), []],
    ['attempts that do not add up', job([attempt('answered', 5n)], { spent: 6n }), [line(5n)]],
    ['an attempt that has not ended', job([attempt('', 0n)]), []],
  ])('reports %s', (_, broken, bill) => {
    expect(checkMoney([broken], bill).breaks).not.toEqual([]);
  });
});
