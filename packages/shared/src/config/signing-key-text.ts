/** Checks the text of signing keys at start, so that a wrong one is not found by a caller. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/** Whether a text is an ed25519 private key in PEM. */
export function isPrivateKeyText(text: string): boolean {
  return isEd25519(() => createPrivateKey(text));
}

/**
 * The public keys of a text that holds PEM blocks one after another.
 *
 * @returns `undefined` when there is none, or one that is no ed25519 public key.
 */
export function splitPublicKeys(text: string): readonly string[] | undefined {
  const blocks = text.split(/(?<=-----END [A-Z ]{1,40}-----)/).map((block) => block.trim());
  const keys = blocks.filter((block) => block !== '');
  const areKeys = keys.every(
    (key) => key.startsWith('-----BEGIN PUBLIC KEY-----') && isEd25519(() => createPublicKey(key)),
  );
  return areKeys && keys.length > 0 ? keys : undefined;
}

function isEd25519(read: () => KeyObject): boolean {
  try {
    return read().asymmetricKeyType === 'ed25519';
  } catch {
    // Not a key at all: reported like any other wrong value, without showing it.
    return false;
  }
}
