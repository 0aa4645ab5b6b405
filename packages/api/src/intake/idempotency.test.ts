import { canonicalJson } from '@forebay/shared/domain/canonical-json';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { parseTenantId } from '@forebay/shared/domain/ids';
import { describe, expect, test } from 'vitest';
import { claimIdempotency, readIdempotencyKey } from './idempotency.ts';

const tenant = parseTenantId('dev');
if (tenant === undefined) throw new Error('dev is a tenant name');
const scope = { tenant, method: 'POST', pathTemplate: '/v1/jobs', key: 'k1' };

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    // The code is what these tests look at.
    if (ForebayError.is(error)) return error.code;
  }
  return 'no error';
}

describe('readIdempotencyKey', () => {
  test('takes the key bare or quoted', () => {
    expect(readIdempotencyKey([])).toBeUndefined();
    expect(readIdempotencyKey(['order-17'])).toBe('order-17');
    expect(readIdempotencyKey(['"order-17"'])).toBe('order-17');
    expect(readIdempotencyKey(['"a \\"b\\""'])).toBe('a "b"');
  });

  test.each([
    ['empty', ['']],
    ['quoted empty', ['""']],
    ['an open quote', ['"abc']],
    ['256 characters', ['x'.repeat(256)]],
    ['a tab inside', ['a\tb']],
    ['text outside ASCII', ['schlüssel']],
    ['a repeated header', ['a', 'a']],
  ])('refuses %s', (_name, values) => {
    expect(codeOf(() => readIdempotencyKey(values))).toBe('invalid_idempotency_key');
  });

  test('takes 255 characters', () => {
    expect(readIdempotencyKey(['x'.repeat(255)])).toHaveLength(255);
  });
});

describe('claimIdempotency', () => {
  test('the order of members does not matter to the fingerprint, their values do', () => {
    const one = claimIdempotency(scope, { a: 1, b: [true, { c: null, d: 'x' }] });
    const same = claimIdempotency(scope, { b: [true, { d: 'x', c: null }], a: 1 });
    const other = claimIdempotency(scope, { a: 1, b: [{ c: null, d: 'x' }, true] });
    expect(same).toEqual(one);
    expect(other.fingerprint).not.toBe(one.fingerprint);
    expect(other.keyHash).toBe(one.keyHash);
  });

  test('another tenant, method, path or key is another claim', () => {
    const acme = parseTenantId('acme');
    if (acme === undefined) throw new Error('acme is a tenant name');
    const variants = [
      scope,
      { ...scope, tenant: acme },
      { ...scope, method: 'PUT' },
      { ...scope, pathTemplate: '/v1/batches' },
      { ...scope, key: 'k2' },
    ];
    const hashes = variants.map((variant) => claimIdempotency(variant, {}).keyHash);
    expect(new Set(hashes).size).toBe(variants.length);
  });
});

describe('canonicalJson', () => {
  test('sorts keys at every depth and prints nothing else', () => {
    expect(canonicalJson({ b: 1, a: { d: [1, 'x'], c: null } })).toBe(
      '{"a":{"c":null,"d":[1,"x"]},"b":1}',
    );
  });

  test('reads back to the same value', () => {
    const value = { '\u2028': '"', '10': 1, '9': [1e21, -0.5], ä: { '': [] } };
    expect(JSON.parse(canonicalJson(value))).toEqual(value);
  });
});
