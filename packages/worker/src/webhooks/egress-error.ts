/** Why a webhook could not be sent, coarse on purpose: the attempt log is no port scanner. */
import { blockedCode, dnsCode } from './vetted-lookup.ts';

/**
 * - `dns`: the name has no address, or DNS did not answer in time.
 * - `refused`: no connection, a connection that was cut, or an answer that is not HTTP.
 * - `tls`: no trusted encrypted connection.
 * - `timeout`: no answer in time.
 * - `blocked`: the URL or what its name resolves to is not allowed.
 * - `too_large`: the head of the answer passes all bounds.
 */
export type EgressErrorClass = 'dns' | 'refused' | 'tls' | 'timeout' | 'blocked' | 'too_large';

const classOfCode: Readonly<Record<string, EgressErrorClass>> = {
  [blockedCode]: 'blocked',
  [dnsCode]: 'dns',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ETIMEDOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'too_large',
  HPE_HEADER_OVERFLOW: 'too_large',
};

/** Codes of OpenSSL's certificate checks and of Node's TLS layer. */
const tlsCode =
  /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_|HOSTNAME_)/;

/** Sorts what the HTTP client threw; what it does not know is a failed connection. */
export function classifyEgressError(error: unknown): EgressErrorClass {
  const code = codeOf(error);
  return classOfCode[code] ?? (tlsCode.test(code) ? 'tls' : 'refused');
}

function codeOf(error: unknown): string {
  const hasCode = typeof error === 'object' && error !== null && 'code' in error;
  return hasCode && typeof error.code === 'string' ? error.code : '';
}
