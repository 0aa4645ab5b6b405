import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { readRetryAfterMs } from './retry-after.ts';

const nowMs = Date.UTC(2026, 10, 20, 12, 0, 0);
const dayMs = 86_400_000;
const limited = { nowMs, hint: undefined, isRateLimited: true };

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
  expect(readRetryAfterMs(headers, limited)).toBe(expected);
});

test('the reset of the limit that is used up counts, not the one that has room', () => {
  const resets = { 'x-ratelimit-reset-requests': '120ms', 'x-ratelimit-reset-tokens': '6m0s' };
  const requestsUsedUp = { ...resets, 'x-ratelimit-remaining-requests': '0' };
  const tokensUsedUp = { ...resets, 'x-ratelimit-remaining-tokens': '0' };
  expect(readRetryAfterMs(requestsUsedUp, limited)).toBe(120);
  expect(readRetryAfterMs(tokensUsedUp, limited)).toBe(360_000);
  expect(readRetryAfterMs({ ...requestsUsedUp, ...tokensUsedUp }, limited)).toBe(360_000);
  expect(readRetryAfterMs(resets, limited)).toBe(120);
});

test('limits that are not used up say nothing about any other failure', () => {
  const resets = { 'x-ratelimit-reset-tokens': '6m0s', 'x-ratelimit-remaining-tokens': '90' };
  expect(readRetryAfterMs(resets, { ...limited, isRateLimited: false })).toBeUndefined();
  const usedUp = { ...resets, 'x-ratelimit-remaining-tokens': '0' };
  expect(readRetryAfterMs(usedUp, { ...limited, isRateLimited: false })).toBe(360_000);
});

test('a reset may be told as a moment', () => {
  const headers = {
    'anthropic-ratelimit-requests-reset': '2026-11-20T12:00:05Z',
    'anthropic-ratelimit-requests-remaining': '7',
    'anthropic-ratelimit-input-tokens-reset': '2026-11-20T12:00:40Z',
    'anthropic-ratelimit-input-tokens-remaining': '0',
  };
  expect(readRetryAfterMs(headers, limited)).toBe(40_000);
  const broken = { 'anthropic-ratelimit-requests-reset': 'tomorrow' };
  expect(readRetryAfterMs(broken, limited)).toBeUndefined();
});

test('the body counts before resets and after the headers that are made for it', () => {
  const told = { ...limited, hint: { kind: 'after', waitMs: 20_000 } } as const;
  expect(readRetryAfterMs({ 'x-ratelimit-reset-tokens': '6m0s' }, told)).toBe(20_000);
  expect(readRetryAfterMs({ 'retry-after': '3' }, told)).toBe(3_000);
  expect(readRetryAfterMs(undefined, told)).toBe(20_000);
  const absurd = { ...limited, hint: { kind: 'at', atMs: nowMs + 9 * dayMs } } as const;
  expect(readRetryAfterMs(undefined, absurd)).toBe(dayMs);
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
      const waitMs = readRetryAfterMs(given, limited);
      return waitMs === undefined || (Number.isInteger(waitMs) && waitMs >= 0 && waitMs <= dayMs);
    }),
  );
});

test('a date is in GMT, wherever we run and however old its form', () => {
  vi.stubEnv('TZ', 'America/New_York');
  onTestFinished(() => void vi.unstubAllEnvs());
  const forms = [
    'Fri Nov 20 12:00:30 2026',
    'Fri, 20 Nov 2026 12:00:30',
    'Friday, 20-Nov-26 12:00:30 GMT',
  ];
  for (const form of forms) {
    expect(readRetryAfterMs({ 'retry-after': form }, limited)).toBe(30_000);
  }
  expect(readRetryAfterMs({ 'retry-after': 'Fri, 20 Nov 2026 07:00:30 -0500' }, limited)).toBe(
    30_000,
  );
});
