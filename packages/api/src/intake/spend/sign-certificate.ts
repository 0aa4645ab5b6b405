/**
 * Signs a spend certificate: ed25519 over its canonical JSON.
 *
 * What is signed is the whole certificate but for the signature's value, so that nothing in it can
 * be changed and the key's name is covered too. Ed25519 is deterministic: equal certificates have
 * equal signatures.
 */
import { sign } from 'node:crypto';
import { canonicalJson } from '@forebay/shared/domain/canonical-json';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { SigningKeys } from './signing-keys.ts';

/** @returns the signed certificate as the canonical text that is sent. */
export function signCertificate(keys: SigningKeys, certificate: JsonObject): string {
  const signature = { algorithm: 'ed25519', key_id: keys.keyId };
  const signed = canonicalJson({ ...certificate, signature });
  const value = sign(null, Buffer.from(signed), keys.privateKey).toString('base64url');
  return canonicalJson({ ...certificate, signature: { ...signature, value } });
}
