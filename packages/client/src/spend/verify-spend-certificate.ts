/**
 * Checks that a spend certificate is Forebay's, unchanged, and adds up.
 *
 *  S1 What is signed is the canonical JSON of the certificate without the signature's value. A text
 *     must be that canonical JSON itself, so that no byte of it can differ.
 *  S2 Only keys that the caller trusts count: the certificate names one, it brings none.
 *  S3 The charges of the attempts are the sums; a signature does not excuse wrong arithmetic.
 */
import { createPublicKey, verify } from 'node:crypto';
import { isObject } from '../json.ts';
import { canonicalJson } from './canonical-json.ts';
import { isCertificate, type SpendCertificate, type SpendKey } from './spend-certificate.ts';

export type SpendVerdict =
  | { readonly kind: 'verified'; readonly certificate: SpendCertificate }
  | { readonly kind: 'refused'; readonly reason: SpendRefusal };

export type SpendRefusal =
  /** No JSON, or not a certificate. */
  | 'not_a_certificate'
  /** A text with spaces, reordered or repeated members: read it by `JSON.parse` to allow that. */
  | 'not_canonical'
  | 'unknown_algorithm'
  /** None of the given keys has the id that the certificate names. */
  | 'unknown_key'
  | 'no_match'
  | 'does_not_add_up';

/**
 * @param certificate the text as the API sent it or a kept copy, or the parsed object.
 * @param keys what `spendKeys()` gave, at best when the certificate was new and not now.
 */
export function verifySpendCertificate(
  certificate: unknown,
  keys: readonly SpendKey[],
): SpendVerdict {
  const parsed = typeof certificate === 'string' ? parse(certificate) : certificate;
  if (!isCertificate(parsed)) return refused('not_a_certificate');
  if (typeof certificate === 'string' && canonicalJson(parsed) !== certificate.trimEnd()) {
    return refused('not_canonical');
  }
  const { value, ...signature } = parsed.signature;
  if (signature.algorithm !== 'ed25519') return refused('unknown_algorithm');
  const key = keys.find(({ kid }) => kid === signature.key_id);
  if (key === undefined) return refused('unknown_key');
  if (!matches(key, canonicalJson({ ...parsed, signature }), value)) return refused('no_match');
  return addsUp(parsed) ? { kind: 'verified', certificate: parsed } : refused('does_not_add_up');
}

function matches({ kty, crv, x }: SpendKey, signed: string, value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const bytes = Buffer.from(value, 'base64url');
  // Base64 has several texts for the same bytes; only the one that was written is right.
  if (bytes.toString('base64url') !== value) return false;
  try {
    const key = createPublicKey({ key: { kty, crv, x }, format: 'jwk' });
    return key.asymmetricKeyType === 'ed25519' && verify(null, Buffer.from(signed), key, bytes);
  } catch {
    // A key that is none matches nothing.
    return false;
  }
}

/** S3. */
function addsUp({ attempts, sums }: SpendCertificate): boolean {
  const total = (unknown: boolean): bigint =>
    attempts
      .filter(({ basis }) => (basis === 'worst_case') === unknown)
      .reduce((sum, { charged }) => sum + nanoUsd(charged ?? '0'), 0n);
  const spent = total(false);
  const unknown = total(true);
  return (
    nanoUsd(sums.spent) === spent &&
    nanoUsd(sums.unknown) === unknown &&
    nanoUsd(sums.charged) === spent + unknown
  );
}

/** Below zero for what is no amount, which no sum is. */
function nanoUsd(text: string): bigint {
  const [, whole, fraction = ''] = /^(\d{1,16})(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  if (whole === undefined) return -1n;
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    // Refused by the caller as `not_a_certificate`.
    return undefined;
  }
}

function refused(reason: SpendRefusal): SpendVerdict {
  return { kind: 'refused', reason };
}
