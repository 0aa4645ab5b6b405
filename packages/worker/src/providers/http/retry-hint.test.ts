import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRetryHint, readSentence } from './retry-hint.ts';

const after = (waitMs: number) => ({ kind: 'after', waitMs });

test.each([
  ['Rate limit reached for gpt-5 in org on tokens per min. Please try again in 20s.', 20_000],
  ['Limit 3, Used 3, Requested 1. Please try again in 1m30.5s. Visit the site.', 90_500],
  ['Please try again in 6ms.', 6],
  ['You exceeded the limit. Please retry in 13.4s.', 13_400],
  ['Please retry after 26 seconds.', 26_000],
  ['Retry after 1 minute', 60_000],
  ['please wait 5 minutes', 300_000],
  ['Please wait for 2 hours', 7_200_000],
  ['Too many requests. Please wait and try again later.', undefined],
  ['Do not retry 3 times', undefined],
  ['try again in 5', undefined],
  ['try again in 5 sheep', undefined],
  ['the prompt has 20s', undefined],
])('%s', (sentence, waitMs) => {
  expect(readSentence(sentence)).toEqual(waitMs === undefined ? undefined : after(waitMs));
});

test.each([
  [{ details: [{ '@type': 'x/google.rpc.Help' }, { retryDelay: '13s' }] }, after(13_000)],
  [{ details: [{ retryDelay: '3.5s' }], message: 'try again in 9s' }, after(3_500)],
  [{ details: 'none', message: 'Please try again in 9s' }, after(9_000)],
  [{ retry_after: 4 }, after(4_000)],
  [{ retry_after: '2.5' }, after(2_500)],
  [{ retryAfter: 4 }, after(4_000)],
  [{ retry_after: '20s' }, after(20_000)],
  [{ retry_after: '1m30s' }, after(90_000)],
  [{ retry_after: '5 sheep' }, undefined],
  [{ retry_after_seconds: 7 }, after(7_000)],
  [{ retry_after_ms: 120 }, after(120)],
  [{ retry_after: -1 }, undefined],
  [{ retry_after: 'soon' }, undefined],
  [
    { metadata: { headers: { 'X-RateLimit-Reset': '1790000000000' } } },
    { kind: 'at', atMs: 1_790_000_000_000 },
  ],
  [{ metadata: { headers: { 'X-RateLimit-Reset': '12' } } }, undefined],
  [{}, undefined],
])('%j', (error, expected) => {
  expect(readRetryHint(error)).toEqual(expected);
});

test('no error object makes it throw or give anything but a number', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (error) => {
      const hint = readRetryHint(JSON.parse(JSON.stringify(error)));
      if (hint === undefined) return;
      expect(hint.kind === 'after' ? hint.waitMs : hint.atMs).toBeGreaterThanOrEqual(0);
    }),
  );
});
