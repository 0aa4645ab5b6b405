/**
 * Finds out which operator calls, and whether the route is one of theirs.
 *
 *  O1. Three ways in: the installation's own key, as Basic or as Bearer, which may do everything;
 *      and stored admin keys, as Bearer, each with its scopes. Nothing of them is remembered, so
 *      that a removed key is refused at once.
 *  O2. A browser sends Basic credentials by itself, so a page of somebody else could make it
 *      write. What a browser says about the page that asks is believed (it cannot be forged by
 *      the page), and a write from elsewhere is refused.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { digestApiKey, digestsEqual, parseApiKey } from '@forebay/shared/keys/api-key';
import {
  type AdminKeyStore,
  adminScopes,
  type StoredAdminKey,
} from '@forebay/shared/ports/admin-key-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { type BasicCredentials, isBasicOf } from '../admin/require-basic.ts';
import type { Operator } from './api-call.ts';
import type { AdminRoute } from './route-table.ts';

export interface OperatorGateDeps {
  readonly keys: Pick<AdminKeyStore, 'read'>;
  readonly credentials: BasicCredentials;
  readonly pepper: string;
  readonly clock: Clock;
}

export interface OperatorGate {
  /** @throws ForebayError `unauthorized`, `forbidden`. */
  admit(
    route: Pick<AdminRoute, 'method' | 'scope'>,
    request: Pick<IncomingMessage, 'headers' | 'headersDistinct'>,
  ): Promise<Operator>;
}

/** Compared with when no key has the id. */
const noDigest = '0'.repeat(64);

export function createOperatorGate(deps: OperatorGateDeps): OperatorGate {
  return {
    async admit({ method, scope }, { headers, headersDistinct }) {
      const given = headersDistinct['authorization'] ?? [];
      const operator = isBasicOf(deps.credentials, given)
        ? ofBasic(deps.credentials, { method, headers })
        : await ofBearer(deps, given);
      if (scope === 'any' || operator.scopes.includes(scope)) return operator;
      const detail = `This admin key lacks the scope "${scope}". Use a key that has it.`;
      throw new ForebayError('forbidden', detail);
    },
  };
}

/** O2. */
function ofBasic(
  { user }: BasicCredentials,
  { method, headers }: { readonly method: string; readonly headers: IncomingHttpHeaders },
): Operator {
  const site = headers['sec-fetch-site'] ?? 'none';
  const isFromHere = site === 'none' || site === 'same-origin';
  const { origin } = headers;
  const isOwnOrigin = origin === undefined || hostOf(origin) === headers.host;
  if (method === 'GET' || (isFromHere && isOwnOrigin)) {
    return { actor: `basic:${user}`, scopes: adminScopes };
  }
  const detail = 'A page of another site may not write with these credentials. Use a Bearer key.';
  throw new ForebayError('forbidden', detail);
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

async function ofBearer(deps: OperatorGateDeps, given: readonly string[]): Promise<Operator> {
  const [header = '', ...more] = given;
  const text = /^Bearer ([!-~]+)$/i.exec(header.slice(0, 512))?.[1];
  if (text === undefined || more.length > 0) throw refuse();
  const digest = digestApiKey(text, deps.pepper);
  if (digestsEqual(digest, digestApiKey(deps.credentials.key, deps.pepper))) {
    return { actor: 'configured-key', scopes: adminScopes };
  }
  const key = parseApiKey(text);
  if (key?.kind !== 'admin') throw refuse();
  const stored = await deps.keys.read(key.keyId);
  const matches = digestsEqual(digest, stored?.digest ?? noDigest);
  if (stored === undefined || !matches || isOver(stored, deps.clock)) throw refuse();
  return { actor: `key:${stored.keyId}`, scopes: stored.scopes };
}

function isOver({ expiresAtMs }: StoredAdminKey, clock: Clock): boolean {
  return expiresAtMs !== undefined && expiresAtMs <= clock.nowMs();
}

/** One answer for every reason. */
function refuse(): ForebayError {
  const detail = 'Send an admin key as "Authorization: Bearer fbadmin_…", or Basic credentials.';
  return new ForebayError('unauthorized', detail);
}
