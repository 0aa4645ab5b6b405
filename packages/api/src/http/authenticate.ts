/**
 * Finds out who calls. The tenant comes from the key alone, never from URL, host or body.
 *
 *  A1. Form and checksum are looked at first: garbage never reaches the store.
 *  A2. The digest of the whole key is compared in constant time; an unknown key id costs the same
 *      work and gets the same answer.
 *  A3. Good keys are remembered for seconds, by the digest of the whole key and never by a part;
 *      so whatever an operator changes about a key or its tenant holds within these seconds.
 *  A4. A key that has ended is refused like an unknown one. One that may not be used from where
 *      the caller stands is told so: whoever holds it has proved it.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { isInNetworks, type Network, parseNetwork } from '@forebay/shared/domain/network';
import { tenantWithoutRecord } from '@forebay/shared/domain/tenant';
import {
  digestApiKey,
  digestsEqual,
  type KeyKind,
  parseApiKey,
} from '@forebay/shared/keys/api-key';
import type { KeyScope, KeyStore, StoredKey } from '@forebay/shared/ports/key-store';
import type { TenantStore } from '@forebay/shared/ports/tenant-store';
import type { TenantTermsStore } from '@forebay/shared/ports/tenant-terms-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { hasEnded } from '@forebay/shared/tenants/has-ended';
import { inFlightMax } from '@forebay/shared/tenants/in-flight';
import { intakeGrants } from '@forebay/shared/tenants/intake-grants';
import type { Caller } from './api-call.ts';

export interface AuthenticatorDeps {
  readonly keys: Pick<KeyStore, 'read' | 'markUsed'>;
  readonly tenants: Pick<TenantStore, 'read'>;
  readonly terms: Pick<TenantTermsStore, 'read'>;
  readonly clock: Clock;
  /** Kept outside the store, so that a copy of the store opens nothing. */
  readonly pepper: string;
  /** Told of a day of use that could not be noted. */
  readonly onError: (error: unknown) => void;
}

export interface Credentials {
  /** Every occurrence of the `Authorization` header. */
  readonly headers: readonly string[];
  /** Where the request comes from. */
  readonly address: string;
}

export interface Authenticator {
  /**
   * @param options.rememberedMs uses what is remembered of a key only if it is younger; the limit
   *   within which a revoked key stops working when absent.
   * @throws ForebayError `unauthorized`, `forbidden` from a network that the key does not name.
   */
  authenticate(
    credentials: Credentials,
    options?: { readonly rememberedMs?: number },
  ): Promise<Caller>;
}

/** A revoked key stops working within this time. */
const rememberedMsMax = 5_000;
const rememberedMax = 10_000;

/** Compared with when no key has the id (A2). */
const noDigest = '0'.repeat(64);

interface Known {
  readonly key: StoredKey;
  readonly caller: Caller;
  readonly networks: readonly Network[];
  /** When the store was asked, monotonic. */
  readonly askedMs: number;
}

export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  const remembered = new Map<string, Known>();
  const uses = noteUses(deps);
  return {
    async authenticate({ headers, address }, { rememberedMs = rememberedMsMax } = {}) {
      const key = readBearer(headers, 'tenant');
      const digest = digestApiKey(key.text, deps.pepper);
      const nowMs = deps.clock.monotonicMs();
      let known = remembered.get(digest);
      if (known === undefined || known.askedMs + rememberedMs <= nowMs) {
        remembered.delete(digest);
        known = await lookUp(deps, { keyId: key.keyId, digest, askedMs: nowMs });
        if (remembered.size >= rememberedMax) remembered.clear();
        remembered.set(digest, known);
        uses.note(known.key);
      }
      if (hasEnded(known.key, deps.clock.nowMs())) throw refuse();
      requireNetwork(known, address);
      return known.caller;
    },
  };
}

async function lookUp(
  deps: AuthenticatorDeps,
  { keyId, digest, askedMs }: { keyId: string; digest: string; askedMs: number },
): Promise<Known> {
  const key = await deps.keys.read(keyId);
  const matches = digestsEqual(digest, key?.digest ?? noDigest);
  if (key === undefined || !matches || hasEnded(key, deps.clock.nowMs())) throw refuse();
  const [stored, terms] = await Promise.all([
    deps.tenants.read(key.tenant),
    deps.terms.read(key.tenant),
  ]);
  const tenant = stored ?? tenantWithoutRecord(key.tenant);
  const { payerKeyId } = key;
  return {
    key,
    caller: {
      ...{ keyId, payerKeyId, tenant: key.tenant, scopes: key.scopes },
      inFlightMax: inFlightMax(terms, { kind: 'key', keyId: payerKeyId }),
      isSuspended: tenant.status === 'suspended',
      requestsPerMinute: key.requestsPerMinute,
      grants: intakeGrants(key, tenant),
    },
    networks: key.sourceCidrs.flatMap((text) => parseNetwork(text) ?? []),
    askedMs,
  };
}

/** Notes the day of a key's last use, beside the request and once a day. */
function noteUses({ keys, clock, onError }: AuthenticatorDeps) {
  const noted = new Map<string, string>();
  return {
    note({ keyId, lastUsedDay }: StoredKey): void {
      const day = new Date(clock.nowMs()).toISOString().slice(0, 10);
      if (lastUsedDay === day || noted.get(keyId) === day) return;
      if (noted.size >= rememberedMax) noted.clear();
      noted.set(keyId, day);
      keys.markUsed(keyId, day).catch((error: unknown) => {
        // Going on is safe: the next look at the key finds that the day is not noted.
        noted.delete(keyId);
        onError(error);
      });
    },
  };
}

function requireNetwork({ key, networks }: Known, address: string): void {
  if (key.sourceCidrs.length === 0 || isInNetworks(address, networks)) return;
  const detail = `This key may not be used from ${JSON.stringify(address.slice(0, 64))}.`;
  const remedy = 'Call from one of its networks, or have them changed.';
  throw new ForebayError('forbidden', `${detail} ${remedy}`);
}

/** @throws ForebayError `forbidden`, `tenant_suspended` for what makes or changes jobs. */
export function requireScope(caller: Caller, scope: KeyScope): void {
  if (!caller.scopes.includes(scope)) {
    const detail = `This key lacks the scope "${scope}". Use a key that has it.`;
    throw new ForebayError('forbidden', detail);
  }
  if (caller.isSuspended && scope === 'jobs:write') {
    const detail =
      `The tenant ${caller.tenant} is suspended: it can read and cancel its jobs, and make no ` +
      'new ones. Ask the operator.';
    throw new ForebayError('tenant_suspended', detail);
  }
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
