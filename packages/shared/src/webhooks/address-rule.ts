/**
 * Which IP addresses a tenant's URL may lead to: globally routable ones and no others (P20).
 *
 * The registry in `ipaddr.js` alone is not enough: it calls the IPv4-compatible `::7f00:1` and
 * Azure's `168.63.129.16` plain unicast. So IPv6 must also lie in 2000::/3, whatever embeds an
 * IPv4 address is refused outright, and a list of our own comes on top.
 */
import ipaddr from 'ipaddr.js';

/** Public by registry, but answered inside a cloud: Azure's wire server. */
const alsoRefusedIpv4 = ['168.63.129.16'];

/** Interface ids of ISATAP, which carry an IPv4 address in their last 32 bits (RFC 5214). */
const isatapMarks = [
  [0x0000, 0x5efe],
  [0x0200, 0x5efe],
];

/** @param text an address as a resolver or a parsed URL gives it, without brackets. */
export function isGlobalAddress(text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) return false;
  return address.kind() === 'ipv4' ? isGlobalIpv4(text) : isGlobalIpv6(text);
}

/** 127.0.0.0/8 and ::1, in plain notation; an embedded form is not loopback but refused. */
export function isLoopbackAddress(text: string): boolean {
  return parseAddress(text)?.range() === 'loopback';
}

function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  // Zones name an interface of this machine; short and octal IPv4 forms are nobody's answer.
  if (text.includes('%')) return undefined;
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined;
}

function isGlobalIpv4(text: string): boolean {
  return ipaddr.IPv4.parse(text).range() === 'unicast' && !alsoRefusedIpv4.includes(text);
}

function isGlobalIpv6(text: string): boolean {
  const address = ipaddr.IPv6.parse(text);
  const [first = 0, , , , fifth, sixth] = address.parts;
  const isInGlobalBlock = first >> 13 === 0b001;
  const isIsatap = isatapMarks.some(([high, low]) => fifth === high && sixth === low);
  return isInGlobalBlock && !isIsatap && address.range() === 'unicast';
}
