import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { describe, expect, test } from 'vitest';
import { parseGuardedJson } from './json-guard.ts';

function errorOf(text: string | Buffer): ForebayError {
  try {
    parseGuardedJson(Buffer.from(text));
  } catch (error) {
    // The error is what these tests look at.
    if (ForebayError.is(error)) return error;
    throw error;
  }
  throw new Error('the body was accepted');
}

describe('parseGuardedJson', () => {
  test.each([
    ['{}'],
    ['[]'],
    ['{"a":"{[\\"","b":[1,-2.5e-3,null,true]}'],
    ['{"a":{"n":1},"b":{"n":2},"text":"__proto__"}'],
    ['{"x":9007199254740991,"y":0.1234567890123456789}'],
  ])('reads %s like JSON.parse', (text) => {
    expect(parseGuardedJson(Buffer.from(text))).toEqual(JSON.parse(text));
  });

  test('takes 64 levels and refuses 65', () => {
    expect(() => parseGuardedJson(Buffer.from('['.repeat(64) + ']'.repeat(64)))).not.toThrow();
    expect(errorOf('['.repeat(65) + ']'.repeat(65)).message).toMatch(/64 levels/);
    expect(errorOf('['.repeat(1_000_000)).message).toMatch(/64 levels/);
  });

  test('takes 10,000 members and refuses one more', () => {
    const members = (count: number): string =>
      `{${Array.from({ length: count }, (_value, index) => `"k${index}":0`).join(',')}}`;
    expect(() => parseGuardedJson(Buffer.from(members(10_000)))).not.toThrow();
    expect(errorOf(members(10_001)).message).toMatch(/10000 members/);
  });

  test.each([
    ['a repeated ceiling', '{"max_cost_usd":1,"max_cost_usd" : 2}', 'max_cost_usd'],
    ['a repeated ceiling in disguise', '{"max_cost_usd":1,"max\\u005fcost_usd":2}', 'max_cost_usd'],
    [
      'a repeated cap deep inside',
      '{"body":{"max_tokens":1,"x":[{}],"max_tokens":2}}',
      'max_tokens',
    ],
    ['__proto__', '{"__proto__":{"admin":true}}', '__proto__'],
    ['escaped __proto__', '{"\\u005f_proto__":1}', '__proto__'],
    ['constructor deep inside', '{"a":[{"constructor":1}]}', 'constructor'],
  ])('refuses %s', (_name, text, param) => {
    const error = errorOf(text);
    expect(error.code).toBe('invalid_request');
    expect(error.param).toBe(param);
  });

  test.each([['9007199254740993'], ['-9007199254740993'], ['1e999'], ['123456789012345678901']])(
    'refuses the number %s, which would change on the way',
    (number) => {
      expect(errorOf(`{"seed":${number}}`).message).toMatch(/exactly/);
    },
  );

  test.each([
    ['nothing', ''],
    ['a cut text', '{"a":"b'],
    ['a cut object', '{"a":1'],
    ['text after the end', '{} {}'],
    ['a byte order mark', '\uFEFF{}'],
    ['a wrong escape', '{"a\\x":1}'],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22])],
  ])('refuses %s as invalid JSON', (_name, text) => {
    expect(errorOf(text).code).toBe('invalid_json');
  });

  test('never quotes the body in its error', () => {
    expect(errorOf('{"prompt": canary}').message).not.toContain('canary');
  });
});
