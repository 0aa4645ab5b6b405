import type { CallOutcome } from '@forebay/shared/ports/provider-client';
import { expect, test } from 'vitest';
import { failedEnd, sampleRecord } from '../../../../test/support/sample-record.ts';
import { callFacts } from './call-facts.ts';

const facts = { requestId: undefined, rateLimits: undefined };
const silent = { firstByteMs: undefined, totalMs: 11_000 };

function factsOf(outcome: CallOutcome, judged: Parameters<typeof callFacts>[1]) {
  return callFacts({ outcome, record: sampleRecord(), hasHung: true }, judged);
}

test('a request that never left tells the breaker nothing, a missing connection does', () => {
  const never = (errorClass: 'unauthorized' | 'bad_request' | 'connect_failed') => {
    const refused = { status: undefined, code: undefined, message: '', retryAfterMs: undefined };
    const ambiguity = 'not_sent' as const;
    const outcome: CallOutcome = {
      ...{ kind: 'failed', errorClass, ambiguity, usage: undefined, ...facts, ...refused },
      timings: { firstByteMs: undefined, totalMs: 0 },
    };
    return factsOf(outcome, failedEnd(errorClass, { ambiguity }));
  };
  expect(never('unauthorized')).toMatchObject({ usedTokens: 0, end: undefined });
  expect(never('bad_request')).toMatchObject({ usedTokens: 0, end: undefined });
  expect(never('connect_failed').end).toMatchObject({ outcome: 'connect_failed' });
});

test('a deadline tells of a silent provider; a cancel never does', () => {
  const aborted = { kind: 'aborted', ambiguity: 'unknown', ...facts, timings: silent } as const;
  const { end: late } = factsOf(aborted, failedEnd('deadline', { ambiguity: 'unknown' }));
  expect(late).toMatchObject({ outcome: 'deadline', hasHung: true });
  const { end: stopped } = factsOf(aborted, failedEnd('cancelled', { ambiguity: 'unknown' }));
  expect(stopped).toMatchObject({ outcome: 'cancelled', hasHung: false });
});
