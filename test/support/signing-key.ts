/** Ed25519 keys of one test. */
import { generateKeyPairSync } from 'node:crypto';
import { readSigningKeys, type SigningKeys } from '@forebay/api/intake/spend/signing-keys';

export interface TestSigningKey {
  readonly privatePem: string;
  readonly publicPem: string;
}

export function newSigningKey(): TestSigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** As an api has them. */
export function newSigningKeys(): SigningKeys {
  return readSigningKeys(newSigningKey().privatePem, []);
}
