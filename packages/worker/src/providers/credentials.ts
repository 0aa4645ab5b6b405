/** What shows a provider who calls: a key in a header, or a signature made with one. */
import type { Provider, ProviderAuth } from '@forebay/shared/domain/model-catalog';
import { signAws } from './http/sign-aws.ts';

/** The parts of a request that a signature covers. */
export interface OutgoingCall {
  readonly origin: string;
  readonly path: string;
  readonly body: string;
  readonly nowMs: number;
}

export interface Credentials {
  readonly kind: 'ready';
  /** Never part of anything that is logged. */
  readonly headers: (call: OutgoingCall) => Readonly<Record<string, string>>;
  /** Values that no text may show. */
  readonly secrets: readonly string[];
}

/** The variable that holds no usable key. */
export interface MissingKey {
  readonly kind: 'missing';
  readonly name: string;
}

type ResolveKey = (name: string) => string | undefined;

/** Looks the keys of a provider up; one that names none is called without. */
export function readCredentials(
  { auth, apiKeyEnv }: Provider,
  resolveKey: ResolveKey,
): Credentials | MissingKey {
  if (apiKeyEnv === undefined) return { kind: 'ready', headers: () => ({}), secrets: [] };
  const key = usable(resolveKey(apiKeyEnv));
  if (key === undefined) return { kind: 'missing', name: apiKeyEnv };
  if (auth.kind === 'sigv4') return signing(auth, key, resolveKey);
  const value = auth.scheme === undefined ? key : `${auth.scheme} ${key}`;
  return { kind: 'ready', headers: () => ({ [auth.name]: value }), secrets: [key] };
}

function signing(
  auth: Extract<ProviderAuth, { kind: 'sigv4' }>,
  secretAccessKey: string,
  resolveKey: ResolveKey,
): Credentials | MissingKey {
  const accessKeyId = usable(resolveKey(auth.accessKeyIdEnv));
  if (accessKeyId === undefined) return { kind: 'missing', name: auth.accessKeyIdEnv };
  const sessionToken = usable(resolveKey(auth.sessionTokenEnv));
  const { region, service } = auth;
  const keys = { accessKeyId, secretAccessKey, sessionToken, region, service };
  return {
    kind: 'ready',
    headers({ origin, path, body, nowMs }) {
      const signed = { host: new URL(origin).host, 'content-type': 'application/json' };
      return signAws({ method: 'POST', path, headers: signed, body, nowMs }, keys);
    },
    secrets: [secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken])],
  };
}

/** Only visible characters: others would break the header, or smuggle in a second one. */
function usable(key: string | undefined): string | undefined {
  return key !== undefined && /^[\x21-\x7e]+$/.test(key) ? key : undefined;
}
