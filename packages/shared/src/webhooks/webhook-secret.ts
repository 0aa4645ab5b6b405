/** Signing secrets of webhooks as Standard Webhooks writes them: `whsec_` and base64. */
import { randomBytes } from 'node:crypto';
import { ForebayError } from '../domain/forebay-error.ts';

const prefix = 'whsec_';
/** Bounds of the Standard Webhooks specification 1.0. */
const secretBytesMin = 24;
const secretBytesMax = 64;
const newSecretBytes = 32;

/** A new random secret of 32 bytes. */
export function newWebhookSecret(): string {
  return prefix + randomBytes(newSecretBytes).toString('base64');
}

/**
 * Reads a secret into its key.
 *
 * @throws ForebayError `invalid_request` when the text has another form; the secret itself is
 *   never part of the message.
 */
export function parseWebhookSecret(text: string): Uint8Array {
  if (!text.startsWith(prefix)) throw refuse(`it does not begin with "${prefix}"`);
  const key = decodeBase64(text.slice(prefix.length));
  if (key === undefined) throw refuse(`what follows "${prefix}" is not base64`);
  if (key.length < secretBytesMin || key.length > secretBytesMax) {
    throw refuse(`it holds ${key.length} bytes`);
  }
  return key;
}

/** Decodes standard base64 strictly: Node's own decoder passes over what it does not know. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  const canonical = bytes.toString('base64');
  const isExact = text === canonical || text === canonical.replace(/=+$/, '');
  return isExact ? bytes : undefined;
}

function refuse(finding: string): ForebayError {
  return new ForebayError(
    'invalid_request',
    `A webhook secret is "${prefix}" followed by the base64 of ${secretBytesMin} to ` +
      `${secretBytesMax} random bytes; here ${finding}.`,
  );
}
