/** The local mode's key for spend certificates: made at the first start, kept in its folder. */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, linkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @returns the path of the key. Its folder must exist. A damaged key is found by who reads it. */
export function keepSigningKey(dataDir: string): string {
  const file = join(dataDir, 'signing-key.pem');
  if (existsSync(file)) return file;
  const { privateKey } = generateKeyPairSync('ed25519');
  const temporary = `${file}.${process.pid}.part`;
  writeFileSync(temporary, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  try {
    // Linked into place whole, so that two first starts at once agree on one key.
    linkSync(temporary, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  return file;
}
