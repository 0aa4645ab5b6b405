import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDurationMs, readRetryAfterMs } from './retry-after.ts';

const nowMs = Date.UTC(2026, 10, 20, 12, 0, 0);
const dayMs = 86_400_000;

test.each([
  [{ 'retry-after': '2' }, 2_000],
  [{ 'retry-after': '0.25' }, 250],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': 'Fri, 20 Nov 2026 12:00:30 GMT' }, 30_000],
  [{ 'retry-after': 'Fri, 20 Nov 2026 11:00:00 GMT' }, 0],
  [{ 'retry-after-ms': '120' }, 120],
  [{ 'retry-after-ms': '120', 'retry-after': '9' }, 120],
  [{ 'retry-after-ms': 'soon', 'retry-after': '9' }, 9_000],
  [{ 'retry-after': ['3', '4'] }, 3_000],
  [{ 'retry-after': '-5' }, 0],
  [{ 'retry-after': '99999999999' }, dayMs],
  [{ 'retry-after': '1e400' }, dayMs],
  [{ 'retry-after': 'Mon, 01 Jan 2999 00:00:00 GMT' }, dayMs],
  [{ 'retry-after': '0x10' }, undefined],
  [{ 'retry-after': '' }, undefined],
  [{ 'retry-after': 'NaN' }, undefined],
  [{ 'retry-after': 'later, please' }, undefined],
  [{ 'retry-after': `1${'0'.repeat(100)}` }, undefined],
  [{}, undefined],
])('%j asks for %s ms', (headers, expected) => {
  expect(readRetryAfterMs(headers, nowMs)).toBe(expected);
});

test('the reset of the limit that is used up counts, not the one that has room', () => {
  const resets = { 'x-ratelimit-reset-requests': '120ms', 'x-ratelimit-reset-tokens': '6m0s' };
  const requestsUsedUp = { ...resets, 'x-ratelimit-remaining-requests': '0' };
  const tokensUsedUp = { ...resets, 'x-ratelimit-remaining-tokens': '0' };
  expect(readRetryAfterMs(requestsUsedUp, nowMs)).toBe(120);
  expect(readRetryAfterMs(tokensUsedUp, nowMs)).toBe(360_000);
  expect(readRetryAfterMs({ ...requestsUsedUp, ...tokensUsedUp }, nowMs)).toBe(360_000);
  expect(readRetryAfterMs(resets, nowMs)).toBe(120);
});

test.each([
  ['6m0s', 360_000],
  ['120ms', 120],
  ['1h2m3.5s', 3_723_500],
  ['1d', dayMs],
  ['1.5', 1_500],
  ['250µs', 0.25],
  ['5 minutes', undefined],
  ['s', undefined],
  ['', undefined],
  [undefined, undefined],
])('the duration %s is %s ms', (value, expected) => {
  expect(readDurationMs(value)).toBe(expected);
});

test('no header text makes it throw or leave the range of 0 to 24 hours (F24)', () => {
  const text = fc.oneof(
    fc.string(),
    fc.double().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    fc.stringMatching(/^[0-9.e+-]{0,12}(ms|m|s|h|d)?$/),
  );
  const headers = fc.record(
    {
      'retry-after': fc.oneof(text, fc.array(text)),
      'retry-after-ms': text,
      'x-ratelimit-reset-requests': text,
      'x-ratelimit-reset-tokens': text,
      'x-ratelimit-remaining-tokens': text,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(headers, (given) => {
      const waitMs = readRetryAfterMs(given, nowMs);
      return waitMs === undefined || (Number.isInteger(waitMs) && waitMs >= 0 && waitMs <= dayMs);
    }),
  );
});
