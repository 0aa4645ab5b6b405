/**
 * Signing secrets of registered endpoints, sealed for the store: AES-256-GCM under a key that is
 * derived from the installation's own webhook secret, bound to tenant and endpoint, so that a
 * sealed secret opens nowhere else.
 *
 * Layout, in base64: format (1 byte) · nonce (12 bytes) · tag (16 bytes) · ciphertext.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { ForebayError } from '../domain/forebay-error.ts';
import type { EndpointRef } from '../ports/webhook-endpoint-store.ts';
import { parseWebhookSecret } from './webhook-secret.ts';

export interface SecretSeal {
  seal(ref: EndpointRef, secret: string): string;
  /** @throws ForebayError `internal` when it was sealed elsewhere or under another secret. */
  open(ref: EndpointRef, sealed: string): string;
}

const format = 1;
const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
const cipherName = 'aes-256-gcm';

/**
 * @param installationSecret `FOREBAY_WEBHOOK_SECRET`, the same for the api and the workers.
 * @throws ForebayError `invalid_request` when it has the wrong form.
 */
export function createSecretSeal(installationSecret: string): SecretSeal {
  const material = parseWebhookSecret(installationSecret);
  const key = Buffer.from(hkdfSync('sha256', material, '', 'forebay endpoint secrets', keyBytes));
  return {
    seal(ref, secret) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(cipherName, key, nonce).setAAD(contextOf(ref));
      const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([Uint8Array.of(format), nonce, cipher.getAuthTag(), body]).toString(
        'base64',
      );
    },
    open(ref, sealed) {
      const bytes = Buffer.from(sealed, 'base64');
      const nonceEnd = 1 + nonceBytes;
      const tagEnd = nonceEnd + tagBytes;
      if (bytes[0] !== format || bytes.length <= tagEnd) throw cannotOpen();
      try {
        const decipher = createDecipheriv(cipherName, key, bytes.subarray(1, nonceEnd))
          .setAAD(contextOf(ref))
          .setAuthTag(bytes.subarray(nonceEnd, tagEnd));
        return decipher.update(bytes.subarray(tagEnd), undefined, 'utf8') + decipher.final('utf8');
      } catch (error) {
        throw cannotOpen(error);
      }
    },
  };
}

function contextOf({ tenant, id }: EndpointRef): Buffer {
  return Buffer.from(JSON.stringify([tenant, id]));
}

function cannotOpen(cause?: unknown): ForebayError {
  return new ForebayError(
    'internal',
    "An endpoint's signing secret cannot be opened: FOREBAY_WEBHOOK_SECRET is another one than " +
      'when it was made. Set the old one again, or rotate the secrets of the endpoints.',
    { cause },
  );
}
