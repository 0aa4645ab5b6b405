/**
 * Signatures of AWS, version 4, for requests that are sent whole.
 *
 * Own code and no library: what a library of this size would bring besides is a way to send
 * requests, and those go through our transport alone. The examples that AWS published are in the
 * test.
 */
import { createHash, createHmac } from 'node:crypto';

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary keys; goes out with the request. */
  readonly sessionToken: string | undefined;
  readonly region: string;
  readonly service: string;
}

export interface SignedRequest {
  readonly method: string;
  /** As it goes over the wire: encoded, with its query. */
  readonly path: string;
  /** The headers that are signed, `host` among them; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Wall clock; AWS takes signatures of the last five minutes. */
  readonly nowMs: number;
}

/** The headers that make a request a signed one. */
export function signAws(request: SignedRequest, keys: AwsKeys): Record<string, string> {
  const at = new Date(request.nowMs).toISOString().replace(/[-:]|\.\d+/g, '');
  const own = {
    'x-amz-date': at,
    ...(keys.sessionToken === undefined ? {} : { 'x-amz-security-token': keys.sessionToken }),
  };
  const headers = Object.entries({ ...request.headers, ...own }).sort(byName);
  const names = headers.map(([name]) => name).join(';');
  const scope = `${at.slice(0, 8)}/${keys.region}/${keys.service}/aws4_request`;
  const canonical = canonicalRequest(request, headers, names);
  const toSign = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n');
  // Each key is made with the one before it, from the secret to the last word of the scope.
  const key = scope
    .split('/')
    .reduce<string | Buffer>((held, word) => hmac(held, word), `AWS4${keys.secretAccessKey}`);
  const signature = hmac(key, toSign).toString('hex');
  const credential = `Credential=${keys.accessKeyId}/${scope}`;
  const authorization =
    `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, ` + `Signature=${signature}`;
  return { ...own, authorization };
}

type Pair = readonly [name: string, value: string];

function canonicalRequest(
  { method, path, body }: SignedRequest,
  headers: readonly Pair[],
  names: string,
): string {
  const [pathname = '/', query = ''] = splitOnce(path, '?');
  const written = headers.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, ' ')}\n`);
  return [
    method,
    // Every service but one signs the path encoded once more than it was sent.
    pathname.split('/').map(encode).join('/'),
    canonicalQuery(query),
    written.join(''),
    names,
    sha256(body),
  ].join('\n');
}

function canonicalQuery(query: string): string {
  const pairs = [...new URLSearchParams(query)].map(([name, value]): Pair => {
    return [encode(name), encode(value)];
  });
  return pairs
    .sort((one, other) => byName(one, other) || compare(one[1], other[1]))
    .map((pair) => pair.join('='))
    .join('&');
}

/** All but letters, digits and `-._~`; `encodeURIComponent` leaves some more. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function splitOnce(text: string, at: string): readonly string[] {
  const index = text.indexOf(at);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

function byName([one]: Pair, [other]: Pair): number {
  return compare(one, other);
}

/** By code, in whatever language the process runs. */
function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
