/**
 * Finds out who calls. The tenant comes from the key alone, never from URL, host or body.
 *
 *  A1. Form and checksum are looked at first: garbage never reaches the store.
 *  A2. The digest of the whole key is compared in constant time; an unknown key id costs the same
 *      work and gets the same answer.
 *  A3. Good keys are remembered for seconds, by the digest of the whole key and never by a part.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import {
  digestApiKey,
  digestsEqual,
  type KeyKind,
  parseApiKey,
} from '@forebay/shared/keys/api-key';
import type { KeyScope, KeyStore } from '@forebay/shared/ports/key-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import type { Caller } from './api-call.ts';

export interface AuthenticatorDeps {
  readonly keys: Pick<KeyStore, 'read'>;
  readonly clock: Clock;
  /** Kept outside the store, so that a copy of the store opens nothing. */
  readonly pepper: string;
}

export interface Authenticator {
  /**
   * @param headers every occurrence of the `Authorization` header.
   * @throws ForebayError `unauthorized`
   */
  authenticate(headers: readonly string[]): Promise<Caller>;
}

/** A revoked key stops working within this time. */
const rememberedMs = 5_000;
const rememberedMax = 10_000;

/** Compared with when no key has the id (A2). */
const noDigest = '0'.repeat(64);

interface Remembered {
  readonly caller: Caller;
  readonly untilMs: number;
}

export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  const remembered = new Map<string, Remembered>();
  return {
    async authenticate(headers) {
      const key = readBearer(headers, 'tenant');
      const digest = digestApiKey(key.text, deps.pepper);
      const nowMs = deps.clock.monotonicMs();
      const known = remembered.get(digest);
      if (known !== undefined && known.untilMs > nowMs) return known.caller;
      const stored = await deps.keys.read(key.keyId);
      const matches = digestsEqual(digest, stored?.digest ?? noDigest);
      remembered.delete(digest);
      if (stored === undefined || !matches) throw refuse();
      const caller = { keyId: stored.keyId, tenant: stored.tenant, scopes: stored.scopes };
      if (remembered.size >= rememberedMax) remembered.clear();
      remembered.set(digest, { caller, untilMs: nowMs + rememberedMs });
      return caller;
    },
  };
}

/** @throws ForebayError `forbidden` */
export function requireScope(caller: Caller, scope: KeyScope): void {
  if (caller.scopes.includes(scope)) return;
  const detail = `This key lacks the scope "${scope}". Use a key that has it.`;
  throw new ForebayError('forbidden', detail);
}

function readBearer(headers: readonly string[], kind: KeyKind) {
  const [header, ...more] = headers;
  if (header === undefined || more.length > 0) throw refuse();
  const text = /^Bearer ([!-~]+)$/i.exec(header.slice(0, 256))?.[1];
  const key = text === undefined ? undefined : parseApiKey(text);
  if (key === undefined || key.kind !== kind) throw refuse();
  return key;
}

/** One answer for every reason, so that nobody learns which part of a key is right. */
function refuse(): ForebayError {
  const detail = 'Send one valid API key as "Authorization: Bearer fb_…".';
  return new ForebayError('unauthorized', detail);
}
