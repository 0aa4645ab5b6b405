import { describe, expect, test } from 'vitest';
import { digestApiKey, digestsEqual, makeApiKey, parseApiKey } from './api-key.ts';

describe('API keys', () => {
  test('a new key reads back with its kind, environment and id', () => {
    const key = makeApiKey('tenant', 'dev');
    expect(key.text).toMatch(/^fb_dev_/);
    expect(parseApiKey(key.text)).toEqual(key);
    const admin = makeApiKey('admin', 'live');
    expect(admin.text).toMatch(/^fbadmin_live_/);
    expect(parseApiKey(admin.text)?.kind).toBe('admin');
  });

  test('two keys share neither id nor secret', () => {
    const keys = Array.from({ length: 200 }, () => makeApiKey('tenant', 'dev'));
    expect(new Set(keys.map((key) => key.keyId)).size).toBe(200);
    expect(new Set(keys.map((key) => key.text.split('_')[3])).size).toBe(200);
  });

  test('one changed character anywhere is refused without the store', () => {
    const { text } = makeApiKey('tenant', 'dev');
    for (let index = 0; index < text.length; index += 1) {
      const other = text.charAt(index) === 'x' ? 'y' : 'x';
      const changed = text.slice(0, index) + other + text.slice(index + 1);
      expect(parseApiKey(changed), `character ${index}`).toBeUndefined();
    }
  });

  test.each([
    ['nothing', ''],
    ['a cut key', makeApiKey('tenant', 'dev').text.slice(0, -1)],
    ['another case', makeApiKey('tenant', 'dev').text.toUpperCase()],
    ['a megabyte', 'fb_dev_'.padEnd(1024 * 1024, 'a')],
    ['text outside ASCII', 'fb_dev_ÄÖÜ_ключ_000000'],
    ['SQL', "fb_dev_' OR 1=1 --"],
    ['a trailing line break', `${makeApiKey('tenant', 'dev').text}\n`],
  ])('refuses %s', (_name, text) => {
    expect(parseApiKey(text)).toBeUndefined();
  });

  test('the environment must fit the format', () => {
    expect(() => makeApiKey('tenant', 'Dev_1')).toThrow(/environment/);
  });

  test('a digest depends on the whole key and on the pepper', () => {
    const { text } = makeApiKey('tenant', 'dev');
    const digest = digestApiKey(text, 'pepper');
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(digestsEqual(digest, digestApiKey(text, 'pepper'))).toBe(true);
    expect(digestsEqual(digest, digestApiKey(text, 'other'))).toBe(false);
    expect(digestsEqual(digest, digestApiKey(`${text}x`, 'pepper'))).toBe(false);
    expect(digestsEqual(digest, digest.slice(1))).toBe(false);
  });
});
