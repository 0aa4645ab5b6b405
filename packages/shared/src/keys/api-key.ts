/**
 * API keys: `fb_<environment>_<keyId>_<secret>_<checksum>`, admin keys `fbadmin_…` alike.
 *
 *  - The prefix lets secret scanners find a leaked key; the key id is public and names the record.
 *  - The secret has 33 characters of base 62, which is more than 192 random bits.
 *  - The checksum is the CRC-32 of all before it: a typing mistake is refused without a look into
 *    the store. It is no protection; the digest is.
 *
 * Only the HMAC of the whole key is ever stored. A random secret of this length needs no slow hash.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Tenants' keys open the public listener, operators' keys the admin listener. */
export type KeyKind = 'tenant' | 'admin';

const prefixes = { tenant: 'fb', admin: 'fbadmin' } as const satisfies Record<KeyKind, string>;

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const keyIdCharacters = 12;
const secretCharacters = 33;
const checksumCharacters = 6;

const pattern =
  /^(fb|fbadmin)_([a-z0-9]{1,12})_([0-9A-Za-z]{12})_([0-9A-Za-z]{33})_([0-9A-Za-z]{6})$/;

/** The longest text that can be a key; longer ones are refused unread. */
const apiKeyCharactersMax = 80;

export interface ApiKey {
  readonly kind: KeyKind;
  readonly environment: string;
  readonly keyId: string;
  /** The whole key: shown once, never stored or logged. */
  readonly text: string;
}

/**
 * Makes a new random key.
 *
 * @param environment lower-case letters and digits, such as `dev` or `live`; at most 12.
 */
export function makeApiKey(kind: KeyKind, environment: string): ApiKey {
  const keyId = randomBase62(keyIdCharacters);
  const head = `${prefixes[kind]}_${environment}_${keyId}_${randomBase62(secretCharacters)}`;
  const key = parseApiKey(`${head}_${checksumOf(head)}`);
  if (key === undefined) throw new Error(`"${environment}" cannot be the environment of a key`);
  return key;
}

/** Reads a key; `undefined` when the form or the checksum is wrong. Works without the store. */
export function parseApiKey(text: string): ApiKey | undefined {
  if (text.length > apiKeyCharactersMax) return undefined;
  const match = pattern.exec(text);
  const [prefix, environment, keyId, checksum] = [match?.[1], match?.[2], match?.[3], match?.[5]];
  if (environment === undefined || keyId === undefined) return undefined;
  if (checksumOf(text.slice(0, -(checksumCharacters + 1))) !== checksum) return undefined;
  return { kind: prefix === prefixes.admin ? 'admin' : 'tenant', environment, keyId, text };
}

/** What is stored and compared: HMAC-SHA-256 of the whole key under the pepper, in hex. */
export function digestApiKey(text: string, pepper: string): string {
  return createHmac('sha256', pepper).update(text, 'utf8').digest('hex');
}

/** Compares two digests in a time that does not depend on where they differ. */
export function digestsEqual(left: string, right: string): boolean {
  const a = Buffer.from(left, 'utf8');
  const b = Buffer.from(right, 'utf8');
  return a.length === b.length && timingSafeEqual(a, b);
}

function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = '';
  while (digits.length < checksumCharacters) {
    digits = alphabet.charAt(rest % alphabet.length) + digits;
    rest = Math.floor(rest / alphabet.length);
  }
  return digits;
}

/** Uniform: bytes at or above the largest multiple of 62 are thrown away. */
function randomBase62(characters: number): string {
  const usable = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < characters) {
    for (const byte of randomBytes(characters)) {
      if (byte < usable && text.length < characters)
        text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text;
}
