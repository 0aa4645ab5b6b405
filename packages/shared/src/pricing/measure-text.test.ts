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

  test('takes a word for a token, and a long one for some', () => {
    expect(measureText('The dam holds the water').tokensEstimate).toBe(5);
    expect(measureText('Donaudampfschifffahrt').tokensEstimate).toBe(4);
    expect(measureText('1234567').tokensEstimate).toBe(3);
  });

  test('takes Chinese, Japanese and Korean characters for about a token each', () => {
    expect(measureText('水库在涡轮机需要之前储存水').tokensEstimate).toBe(12);
    expect(measureText('저수지').tokensEstimate).toBe(3);
  });

  test('takes a long unbroken run of base64 for more tokens than a word', () => {
    expect(measureText('A'.repeat(1_000)).tokensEstimate).toBe(700);
    expect(measureText('A'.repeat(63)).tokensEstimate).toBe(11);
    expect(measureText(`${'A'.repeat(40)} ${'A'.repeat(40)}`).tokensEstimate).toBe(14);
  });

  test('takes a megabyte in linear time, also where every run is nearly a long one', () => {
    const one = measureText('ab c'.repeat(250_000));
    expect(one.rawBytes).toBe(1_000_000);
    expect(one.tokensEstimate).toBe(250_001);
    expect(measureText('a/'.repeat(31).concat('.').repeat(16_000)).tokensEstimate).toBeGreaterThan(
      1,
    );
  });
});
