/**
 * What operators do with API keys; the commands and the admin API both call this. The text of a
 * key exists only in the answer that made it; the store gets its digest first, so that a key that
 * somebody has seen works.
 */
import { ForebayError } from '../domain/forebay-error.ts';
import type { TenantId } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import { type ApiKey, digestApiKey, makeApiKey } from '../keys/api-key.ts';
import { type KeySettings, type StoredKey, unrestrictedKey } from '../ports/key-store.ts';
import type { TenantStore } from '../ports/tenant-store.ts';
import type { TenantTermsStore } from '../ports/tenant-terms-store.ts';
import { requireKeySettings } from './check-settings.ts';
import { hasEnded } from './has-ended.ts';
import { type InFlightChange, setInFlightMax } from './in-flight.ts';
import { findKey, type KeyRef, tooManyKeys, type WriteKeyDeps, writeKey } from './write-key.ts';
import { writeTenant } from './write-tenant.ts';

export interface ChangeKeyDeps extends WriteKeyDeps {
  readonly terms: Pick<TenantTermsStore, 'edit'>;
}

export interface ManageKeysDeps extends ChangeKeyDeps {
  readonly tenants: TenantStore;
  /** The api's own: under another one a key opens nothing. */
  readonly pepper: string;
}

export interface NewKey {
  readonly tenant: TenantId;
  /** Lower-case letters and digits, at most 12, such as `live`. */
  readonly environment: string;
  readonly settings: Partial<KeySettings>;
  readonly inFlight?: InFlightChange;
}

export interface MadeKey {
  readonly key: StoredKey;
  /** The whole key: shown once, never stored or logged. */
  readonly text: string;
}

/**
 * Makes a key, and the tenant's record if it has none.
 *
 * @throws ForebayError `invalid_request`, `too_many_keys`.
 */
export async function createKey(deps: ManageKeysDeps, order: NewKey): Promise<MadeKey> {
  if (!/^[a-z0-9]{1,12}$/.test(order.environment)) {
    const detail = '"environment": expected 1 to 12 lower-case letters and digits.';
    throw new ForebayError('invalid_request', detail, { param: 'environment' });
  }
  return registerKey(deps, { ...order, made: makeApiKey('tenant', order.environment) });
}

interface KeyOrder extends Omit<NewKey, 'environment'> {
  /** One that was made before, as the local mode keeps its own. */
  readonly made: ApiKey;
  /** Of the key that it follows in a rotation. */
  readonly payerKeyId?: string;
}

/** As {@link createKey}, with the key itself. */
export async function registerKey(deps: ManageKeysDeps, order: KeyOrder): Promise<MadeKey> {
  const { tenant, made, settings, inFlight = {}, payerKeyId = made.keyId } = order;
  const nowMs = deps.clock.nowMs();
  const key: StoredKey = {
    ...{ ...unrestrictedKey, ...settings },
    keyId: made.keyId,
    tenant,
    digest: digestApiKey(made.text, deps.pepper),
    environment: made.environment,
    revokedAtMs: undefined,
    payerKeyId,
    replacedBy: undefined,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    version: 1,
    lastUsedDay: undefined,
  };
  requireKeySettings(key, { inFlight, endsAfterMs: nowMs });
  if ((await deps.tenants.read(tenant)) === undefined) {
    await writeTenant(deps, { id: tenant, change: (same) => same });
  }
  const written = await deps.keys.write(key);
  if (written === 'full') throw tooManyKeys();
  if (written === 'written') await limitRunning(deps, key, inFlight);
  return { key, text: made.text };
}

export interface KeyChange extends KeyRef {
  readonly version?: number | undefined;
  readonly settings: Partial<KeySettings>;
  readonly inFlight?: InFlightChange;
}

/** @throws ForebayError `not_found`, `invalid_request`, `version_mismatch`. */
export async function changeKey(deps: ChangeKeyDeps, change: KeyChange): Promise<StoredKey> {
  const { tenant, keyId, version, settings, inFlight = {} } = change;
  const changed = await writeKey(deps, {
    ...{ tenant, keyId, version },
    change(key, nowMs) {
      const wanted = { ...key, ...settings };
      const isOtherEnd = wanted.expiresAtMs !== key.expiresAtMs;
      requireKeySettings(wanted, { inFlight, endsAfterMs: isOtherEnd ? nowMs : undefined });
      return wanted;
    },
  });
  await limitRunning(deps, changed, inFlight);
  return changed;
}

function limitRunning(
  { terms }: ChangeKeyDeps,
  { tenant, payerKeyId }: StoredKey,
  inFlight: InFlightChange,
): Promise<void> {
  return setInFlightMax(terms, { tenant, subject: { kind: 'key', keyId: payerKeyId } }, inFlight);
}

/** Ends a key for good; again it changes nothing. Its jobs go on. @throws as {@link changeKey} */
export async function revokeKey(deps: WriteKeyDeps, ref: KeyRef): Promise<StoredKey> {
  const before = await findKey(deps, ref);
  if (before.revokedAtMs !== undefined) return before;
  return writeKey(deps, {
    ...{ tenant: ref.tenant, keyId: ref.keyId },
    change: (key, nowMs) => ({ ...key, revokedAtMs: key.revokedAtMs ?? nowMs }),
  });
}

export interface KeyRotation extends KeyRef {
  /** How long the old key goes on working. */
  readonly overlapMs?: number;
}

/**
 * Makes a key with the same settings, and lets the old one end after an overlap. Both pay from the
 * same budgets and count for the same limits: a rotation gives nobody more.
 *
 * Again it is refused while a key in its place lives: whoever asks twice has lost the answer or
 * meant the newer key. When that was revoked, the old key may be rotated anew; its own end is by
 * then that of the overlap, so the new one gets the end of the key that was in its place.
 *
 * @throws ForebayError `not_found`, `invalid_request` for a key that has ended or was replaced.
 */
export async function rotateKey(deps: ManageKeysDeps, rotation: KeyRotation): Promise<MadeKey> {
  const { tenant, keyId, overlapMs = limits.keyOverlapDefaultMs } = rotation;
  if (overlapMs < 0 || overlapMs > limits.keyOverlapMsMax) {
    const days = limits.keyOverlapMsMax / 86_400_000;
    const detail = `"overlap_seconds": expected 0 up to ${days} days.`;
    throw new ForebayError('invalid_request', detail, { param: 'overlap_seconds' });
  }
  const old = await findKey(deps, { tenant, keyId });
  requireLive(old, deps.clock.nowMs());
  const later = await keysAfter(deps, old);
  const living = later.findLast((each) => !hasEnded(each, deps.clock.nowMs()));
  if (living !== undefined) throw replacedBy(living.keyId);
  const settings = { ...settingsOf(old), expiresAtMs: (later.at(-1) ?? old).expiresAtMs };
  requireLive({ ...old, ...settings }, deps.clock.nowMs());
  const environment = old.environment === '' ? 'live' : old.environment;
  const made = await registerKey(deps, {
    ...{ tenant, settings, payerKeyId: old.payerKeyId },
    made: makeApiKey('tenant', environment),
  });
  try {
    await writeKey(deps, {
      ...{ tenant, keyId },
      change(key, nowMs) {
        // Somebody else may have ended or rotated it in the meantime.
        requireLive(key, nowMs);
        if (key.replacedBy !== undefined && key.replacedBy !== old.replacedBy) {
          throw replacedBy(key.replacedBy);
        }
        const endsAtMs = Math.min(nowMs + overlapMs, key.expiresAtMs ?? Number.POSITIVE_INFINITY);
        return { ...key, expiresAtMs: endsAtMs, replacedBy: made.key.keyId };
      },
    });
  } catch (error) {
    // Nobody gets to see the new key then, and nothing would lead to it.
    await revokeKey(deps, made.key);
    throw error;
  }
  return made;
}

/** The keys that came in its place one after the other, the newest last. */
async function keysAfter(
  { keys }: Pick<WriteKeyDeps, 'keys'>,
  key: StoredKey,
): Promise<readonly StoredKey[]> {
  if (key.replacedBy === undefined) return [];
  const next = await keys.read(key.replacedBy);
  return next === undefined ? [] : [next, ...(await keysAfter({ keys }, next))];
}

function requireLive(key: StoredKey, nowMs: number): void {
  if (!hasEnded(key, nowMs)) return;
  const detail = 'The key has ended already. Make a new one instead.';
  throw new ForebayError('invalid_request', detail, { param: 'key_id' });
}

function replacedBy(keyId: string): ForebayError {
  const detail = `The key was replaced by ${keyId} already. Rotate that one instead.`;
  return new ForebayError('invalid_request', detail, { param: 'key_id' });
}

function settingsOf(key: StoredKey): KeySettings {
  const { label, scopes, expiresAtMs, models, priorityMin, ceilingDefault, ceilingMax } = key;
  const { preferredModels, avoidedModels, sourceCidrs, requestsPerMinute } = key;
  const { queuedMax, acceptsLate, weights } = key;
  return {
    ...{ label, scopes, expiresAtMs, models, priorityMin, ceilingDefault, ceilingMax },
    ...{ preferredModels, avoidedModels, sourceCidrs, requestsPerMinute },
    ...{ queuedMax, acceptsLate, weights },
  };
}
