/** The keys that sign spend certificates: one that signs, and all that have signed. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { JsonObject } from '@forebay/shared/domain/json';

export interface SigningKeys {
  readonly keyId: string;
  readonly privateKey: KeyObject;
  /** As JSON Web Keys, the present one first. */
  readonly published: readonly JsonObject[];
}

/**
 * Reads the keys. Both forms were checked when the environment was read.
 *
 * @param pem the ed25519 private key, PKCS#8.
 * @param previous public keys (PEM) that signed before, so that what they signed can be verified.
 */
export function readSigningKeys(pem: string, previous: readonly string[]): SigningKeys {
  const privateKey = createPrivateKey(pem);
  const present = publishedForm(createPublicKey(privateKey));
  const earlier = previous
    .map((text) => publishedForm(createPublicKey(text)))
    .filter(({ keyId }) => keyId !== present.keyId);
  return {
    keyId: present.keyId,
    privateKey,
    published: [present, ...earlier].map(({ jwk }) => jwk),
  };
}

interface PublishedKey {
  readonly keyId: string;
  readonly jwk: JsonObject;
}

/** The id is the key's thumbprint (RFC 7638), so nobody has to keep a list of names. */
function publishedForm(key: KeyObject): PublishedKey {
  const { x = '' } = key.export({ format: 'jwk' });
  const thumbprint = `{"crv":"Ed25519","kty":"OKP","x":"${x}"}`;
  const keyId = createHash('sha256').update(thumbprint).digest('base64url');
  return {
    keyId,
    jwk: { kty: 'OKP', crv: 'Ed25519', x, kid: keyId, use: 'sig', alg: 'EdDSA' },
  };
}
