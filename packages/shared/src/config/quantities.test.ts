import { describe, expect, test } from 'vitest';
import { durationUpTo, formatDuration, parseDuration, usdAmount } from './quantities.ts';

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['5s', 5_000],
    ['10m', 600_000],
    ['24h', 86_400_000],
    ['30d', 2_592_000_000],
  ])('%s is %i ms', (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs);
  });

  test.each(['', '5', '5 s', '-5s', '1.5s', '5S', '5sec', 's'])('do not read %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test.each(['500ms', '90s', '10m', '24h'])('are written as people do: %s', (text) => {
    expect(parseDuration(formatDuration(parseDuration(text) ?? 0))).toBe(parseDuration(text));
    expect(formatDuration(parseDuration(text) ?? 0)).toBe(text === '24h' ? '1d' : text);
  });

  test('keep within their bounds', () => {
    const upToMinute = durationUpTo(60_000, '1m');
    expect(upToMinute.parse('60s')).toBe(60_000);
    expect(upToMinute.safeParse('61s').success).toBe(false);
    expect(upToMinute.safeParse('0s').success).toBe(false);
  });
});

describe('amounts of money', () => {
  test.each([
    ['0.15', 150_000_000n],
    [0.15, 150_000_000n],
    [3, 3_000_000_000n],
    ['0', 0n],
  ])('%j is exact', (text, amount) => {
    expect(usdAmount.parse(text)).toBe(amount);
  });

  test.each(['-1', '1e3', '$1', '0.0000000001', '9000001', -1, 1e-10, null, ['1'], true])(
    'are not %j',
    (value) => {
      expect(usdAmount.safeParse(value).success).toBe(false);
    },
  );
});
