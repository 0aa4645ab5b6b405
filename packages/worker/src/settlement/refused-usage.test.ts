import type { CallOutcome } from '@forebay/shared/ports/provider-client';
import { expect, test } from 'vitest';
import { refusedUsage } from './refused-usage.ts';

const facts = {
  requestId: undefined,
  rateLimits: undefined,
  timings: { firstByteMs: 1, totalMs: 2 },
};
const usage = { inputTokens: 9, cachedInputTokens: 0, outputTokens: 9, reasoningTokens: 0 };

const answered = (change: object): CallOutcome => ({
  ...facts,
  ...{ kind: 'answered', body: {}, usage: undefined },
  ...change,
});

const worst = { ambiguity: 'answered', costIs: 'worst_case' } as const;

interface Case {
  readonly what: string;
  readonly outcome: CallOutcome;
  readonly end?: Partial<Parameters<typeof refusedUsage>[1]>;
  readonly refusal: string | undefined;
}

const nonsense = answered({ body: { usage: { prompt_tokens: -1 } } });

test.each<Case>([
  { what: 'usage beyond the bounds', outcome: answered({ usage }), refusal: 'absurd' },
  { what: 'usage that is nonsense', outcome: nonsense, refusal: 'absurd' },
  { what: 'no usage', outcome: answered({}), refusal: 'missing' },
  { what: 'usage that is null', outcome: answered({ body: { usage: null } }), refusal: 'missing' },
  {
    what: 'usage that was believed',
    outcome: answered({ usage }),
    end: { costIs: 'exact' },
    refusal: undefined,
  },
  {
    what: 'an answer that was cut',
    outcome: answered({}),
    end: { ambiguity: 'unknown' },
    refusal: undefined,
  },
])('$what is told as $refusal', ({ outcome, end, refusal }) => {
  expect(refusedUsage(outcome, { ...worst, ...end })).toBe(refusal);
});
