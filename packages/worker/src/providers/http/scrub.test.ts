import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { excerptCharactersMax, scrub } from './scrub.ts';

describe('scrub', () => {
  test.each([
    'Incorrect API key provided: sk-proj-abcdefgh12345678.',
    'Incorrect API key provided: sk-ab****************wxyz.',
    'header was "Authorization: Bearer abc.def-ghi"',
    'api_key=hunter2hunter2 is wrong',
    'key AIzaSyA1234567890abcdefghijk not valid',
    'token: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc',
    `found ${'A1b2C3d4'.repeat(5)} in the request`,
  ])('masks the secret in: %s', (text) => {
    const kept = scrub(text);
    expect(kept).toContain('[redacted]');
    expect(kept).not.toMatch(/abcdefgh|wxyz|abc\.def|hunter2|SyA123|eyJ|A1b2C3d4/);
  });

  test('masks a known secret that has no tell-tale form', () => {
    expect(scrub('the key tiny-plain was refused', ['tiny-plain'])).not.toContain('tiny-plain');
  });

  test('leaves a plain sentence as it is', () => {
    const sentence = 'The model is overloaded. Please try again in 20 s (request 42).';
    expect(scrub(sentence)).toBe(sentence);
  });

  test('puts control characters away and everything on one line', () => {
    expect(scrub('a\r\nb\u0000c\u001b[31md\u202ee\u200bf')).toBe('a b c [31mdef');
  });

  test('a secret cannot hide behind zero-width characters', () => {
    expect(scrub('sk-abc\u200bdefghijkl')).toBe('[redacted]');
  });

  test('keeps at most 500 characters and never half a character', () => {
    const kept = scrub(`${'a '.repeat(249)}${'😀 '.repeat(300)}`);
    expect(kept.length).toBeLessThanOrEqual(excerptCharactersMax);
    expect(Buffer.from(kept).toString()).toBe(kept);
  });

  test('a key at the edge of what is looked at does not slip through in part', () => {
    const key = `sk-${'k'.repeat(60)}`;
    for (let padding = 8_130; padding < 8_200; padding += 1) {
      expect(scrub(`${'x'.repeat(40)} ${' '.repeat(padding)}${key}`)).not.toContain('kkk');
    }
  });

  test('a given key never survives, wherever it stands', () => {
    const key = fc.stringMatching(/^[A-Za-z0-9_.-]{8,60}$/);
    fc.assert(
      fc.property(fc.string(), key, fc.string(), (before, secret, after) => {
        const kept = scrub(`${before} ${secret} ${after}`, [secret]);
        return !kept.includes(secret) && kept.length <= excerptCharactersMax;
      }),
    );
  });
});
