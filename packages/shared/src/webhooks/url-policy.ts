/**
 * Whether a tenant's URL may be called at all, judged by its text alone (P20). The api asks when
 * a job is submitted, the worker asks again before every send. Not the whole guard: what a name
 * resolves to is judged when the connection is made, in the worker's egress module.
 *
 * U1 The text is judged before the parser has seen it, because the parser drops tabs and line
 *    ends, turns backslashes into slashes and rewrites hosts.
 * U2 The host as written is the host as parsed: no other notation of an address gets through,
 *    nor does text on which two parsers could disagree.
 * U3 Loopback is allowed only for a host that says so itself, and only in local mode.
 */
import { limits } from '../domain/limits.ts';
import { isGlobalAddress, isLoopbackAddress } from './address-rule.ts';

export interface WebhookUrlPolicy {
  /** Plain `http:` to public hosts; an explicit choice of the operator. */
  readonly allowHttp: boolean;
  /** `http:` and any port on 127.0.0.0/8, ::1 and localhost; local mode only. */
  readonly allowLoopback: boolean;
  /** Ports besides 443 and 8443 (and 80 with `allowHttp`). */
  readonly extraPorts: readonly number[];
  /** Names under which this installation is reached: `host` or `host:port`. */
  readonly ownHosts: readonly string[];
}

export type WebhookUrlCheck =
  | { readonly kind: 'allowed'; readonly url: URL }
  /** `reason` is a sentence for the caller that says what to change. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Suffixes that never name a public host. */
const internalSuffixes = [
  'local',
  'localhost',
  'internal',
  'intranet',
  'lan',
  'home',
  'corp',
  'private',
  'invalid',
  'onion',
  'arpa',
];

const securePorts = [443, 8443];

/** Judges a URL as the caller wrote it. */
export function checkWebhookUrl(raw: string, policy: WebhookUrlPolicy): WebhookUrlCheck {
  const textReason = refuseText(raw);
  if (textReason !== undefined) return refused(textReason);
  if (!URL.canParse(raw)) return refused('It is not a valid URL.');
  const url = new URL(raw);
  const reason =
    refuseHostNotation(raw, url) ?? refuseTarget(url, policy) ?? refuseOwnHost(url, policy);
  return reason === undefined ? { kind: 'allowed', url } : refused(reason);
}

/** Whether the host itself says that it is this machine (U3). */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || isLoopbackAddress(withoutBrackets(hostname));
}

/** The host of a parsed URL as an address would be written elsewhere. */
function withoutBrackets(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** Whether a parsed host is an address and not a name. */
function isAddressLiteral(hostname: string): boolean {
  return hostname.startsWith('[') || /^[\d.]+$/.test(hostname);
}

/** U1. */
function refuseText(raw: string): string | undefined {
  if (raw.length > limits.webhookUrlCharactersMax) {
    return `It is longer than ${limits.webhookUrlCharactersMax} characters.`;
  }
  if (!/^[\x21-\x7e]*$/.test(raw)) {
    return 'It has characters other than visible ASCII; write them percent-encoded.';
  }
  if (raw.includes('\\')) return 'It has a backslash.';
  if (raw.includes('#')) return 'It has a fragment, which is never sent.';
  if (!/^https?:\/\/[^/?]/i.test(raw)) return 'It must begin with "https://" and a host.';
  if (authorityOf(raw).includes('@')) return 'It has a user name or password before the host.';
  return undefined;
}

/** U2. */
function refuseHostNotation(raw: string, url: URL): string | undefined {
  const [, host = '', port] = /^(.*?)(?::(\d*))?$/.exec(authorityOf(raw)) ?? [];
  if (host.toLowerCase() !== url.hostname) {
    return `Write the host in its plain form, "${url.hostname}".`;
  }
  if (port === '') return 'It has a colon without a port.';
  if (url.hostname.endsWith('.')) return 'Its host ends with a dot.';
  return undefined;
}

function refuseTarget(url: URL, policy: WebhookUrlPolicy): string | undefined {
  const { hostname } = url;
  if (policy.allowLoopback && isLoopbackHost(hostname)) return undefined;
  if (url.protocol === 'http:' && !policy.allowHttp) return 'It must begin with "https://".';
  if (isAddressLiteral(hostname)) {
    if (!isGlobalAddress(withoutBrackets(hostname))) return 'Its address is not a public one.';
  } else if (isInternalName(hostname)) return 'Its host is not a public name.';
  const port = portOf(url);
  const allowed = [...securePorts, ...(policy.allowHttp ? [80] : []), ...policy.extraPorts];
  return allowed.includes(port) ? undefined : `Port ${port} is not among ${allowed.join(', ')}.`;
}

/** A webhook to ourselves could feed itself for ever. */
function refuseOwnHost(url: URL, policy: WebhookUrlPolicy): string | undefined {
  const names = [url.hostname, `${url.hostname}:${portOf(url)}`];
  const isOwn = policy.ownHosts.some((own) => names.includes(own.toLowerCase()));
  return isOwn ? 'It leads back to this installation.' : undefined;
}

function isInternalName(hostname: string): boolean {
  const suffix = hostname.slice(hostname.lastIndexOf('.') + 1);
  return !hostname.includes('.') || internalSuffixes.includes(suffix);
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/** What stands between `//` and the path, as written. */
function authorityOf(raw: string): string {
  return raw.slice(raw.indexOf('//') + 2).split(/[/?#]/, 1)[0] ?? '';
}

function refused(reason: string): WebhookUrlCheck {
  return { kind: 'refused', reason };
}
