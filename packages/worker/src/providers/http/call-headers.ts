/** The headers of a call to a provider. */
import type { Provider } from '@forebay/shared/domain/model-catalog';

/** Set by the connection or by us; a configured header of these names would break the call. */
const ownedHeaders = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-forebay-attempt-id',
]);

export interface CallIdentity {
  readonly provider: Provider;
  readonly attemptId: string;
  /** Headers that the dialect wants; configured ones of the same name win. */
  readonly dialectHeaders: Readonly<Record<string, string>>;
  /** What shows who calls; never part of anything that is logged. */
  readonly credentials: Readonly<Record<string, string>>;
}

/** Headers by lower-case name. Configured ones win over ours, but for those the call needs. */
export function callHeaders(identity: CallIdentity): Record<string, string> {
  const headers: Record<string, string> = {
    'user-agent': 'forebay',
    ...identity.dialectHeaders,
    ...identity.credentials,
  };
  for (const [name, value] of Object.entries(identity.provider.headers)) {
    const lowerName = name.toLowerCase();
    if (!ownedHeaders.has(lowerName)) headers[lowerName] = value;
  }
  headers['content-type'] = 'application/json';
  // The transport does not decompress.
  headers['accept-encoding'] = 'identity';
  headers['x-forebay-attempt-id'] = identity.attemptId;
  return headers;
}
