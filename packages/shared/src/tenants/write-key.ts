/** Compare-and-set of an API key's record. */
import { ForebayError } from '../domain/forebay-error.ts';
import type { TenantId } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import type { KeyStore, StoredKey } from '../ports/key-store.ts';
import type { Clock } from '../runtime/clock.ts';
import { changesAllTheTime, otherVersion } from './write-tenant.ts';

export interface WriteKeyDeps {
  readonly keys: KeyStore;
  readonly clock: Clock;
}

export interface KeyRef {
  readonly tenant: TenantId;
  readonly keyId: string;
}

export interface KeyEdit extends KeyRef {
  /** The version that the operator has seen; `undefined` for any. */
  readonly version?: number | undefined;
  /** The record as it is to be; version and time are set here. */
  readonly change: (key: StoredKey, nowMs: number) => StoredKey;
}

/** Edits of others that one edit gives way to before it gives up. */
const triesMax = 10;

/** @throws ForebayError `not_found`, `version_mismatch`, and what `change` throws. */
export async function writeKey(deps: WriteKeyDeps, edit: KeyEdit): Promise<StoredKey> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const before = await findKey(deps, edit);
    if (edit.version !== undefined && edit.version !== before.version) {
      throw otherVersion(before.version);
    }
    const nowMs = deps.clock.nowMs();
    const changed = edit.change(before, nowMs);
    const after = { ...changed, updatedAtMs: nowMs, version: before.version + 1 };
    const written = await deps.keys.write(after);
    if (written === 'full') throw tooManyKeys();
    if (written === 'written') return after;
  }
  throw changesAllTheTime();
}

/** @throws ForebayError `not_found`, alike for a missing key and one of another tenant. */
export async function findKey(
  { keys }: { readonly keys: Pick<KeyStore, 'read'> },
  { tenant, keyId }: KeyRef,
): Promise<StoredKey> {
  const key = await keys.read(keyId);
  if (key !== undefined && key.tenant === tenant) return key;
  throw new ForebayError('not_found', 'The tenant has no API key with this id.');
}

export function tooManyKeys(): ForebayError {
  const detail = `A tenant can have ${limits.keysPerTenantMax} API keys, revoked ones included.`;
  return new ForebayError('too_many_keys', detail);
}
