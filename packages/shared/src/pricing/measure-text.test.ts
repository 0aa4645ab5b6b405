import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measureText } from './measure-text.ts';

describe('measureText', () => {
  test('counts the UTF-8 bytes of a text', () => {
    expect(measureText('aé中😀').rawBytes).toBe(1 + 2 + 3 + 4);
  });

  test('counts at least what any JSON encoder writes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const ascii = JSON.stringify(text).replaceAll(
          /[^\x20-\x7e]|[<>&']/g,
          (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
        );
        expect(measureText(text).renderedBytes).toBeGreaterThanOrEqual(ascii.length - 2);
      }),
    );
  });

  test('never estimates more tokens than there are bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { rawBytes, tokensEstimate } = measureText(text);
        expect(tokensEstimate).toBeLessThanOrEqual(rawBytes);
      }),
    );
  });

  test('takes about four characters of prose for a token', () => {
    const prose = 'The reservoir holds the water until the turbines want it. '.repeat(20);
    const ratio = prose.length / measureText(prose).tokensEstimate;
    expect(ratio).toBeCloseTo(4, 1);
  });

  test('takes every Chinese, Japanese and Korean character for a token', () => {
    expect(measureText('水库在涡轮机需要之前储存水').tokensEstimate).toBe(13);
    expect(measureText('저수지').tokensEstimate).toBe(3);
  });

  test('takes a long unbroken run of base64 for more tokens than prose', () => {
    expect(measureText('A'.repeat(1_000)).tokensEstimate).toBe(700);
    expect(measureText('A'.repeat(63)).tokensEstimate).toBe(16);
  });

  test('takes a megabyte in linear time', () => {
    const one = measureText('ab c'.repeat(250_000));
    expect(one.rawBytes).toBe(1_000_000);
    expect(one.tokensEstimate).toBe(250_000);
  });
});
