/** Whether a key opens nothing any more: revoked, or past its time. */
import type { StoredKey } from '../ports/key-store.ts';

export function hasEnded(
  { revokedAtMs, expiresAtMs }: Pick<StoredKey, 'revokedAtMs' | 'expiresAtMs'>,
  nowMs: number,
): boolean {
  return revokedAtMs !== undefined || (expiresAtMs !== undefined && expiresAtMs <= nowMs);
}
