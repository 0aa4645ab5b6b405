/** Networks that a key may be used from, and the address that a request really came from. */
import ipaddr from 'ipaddr.js';

export interface Network {
  readonly address: ipaddr.IPv4 | ipaddr.IPv6;
  readonly prefixBits: number;
}

/**
 * Reads a network such as `10.0.0.0/8` or `2001:db8::/32`; an address alone is a network of one.
 *
 * @returns `undefined` for anything else. IPv4 inside IPv6 counts as the IPv4 that it holds.
 */
export function parseNetwork(text: string): Network | undefined {
  const [addressText = '', bitsText, ...more] = text.split('/');
  const address = parseAddress(addressText);
  if (address === undefined || more.length > 0) return undefined;
  const bitsMax = address.kind() === 'ipv4' ? 32 : 128;
  if (bitsText === undefined) return { address, prefixBits: bitsMax };
  const prefixBits = Number(bitsText);
  if (!/^\d{1,3}$/.test(bitsText) || prefixBits > bitsMax) return undefined;
  return { address, prefixBits };
}

/** @param address as a socket gives it; what cannot be read is in no network. */
export function isInNetworks(address: string, networks: readonly Network[]): boolean {
  const parsed = parseAddress(address);
  if (parsed === undefined) return false;
  return networks.some(
    (network) =>
      network.address.kind() === parsed.kind() && parsed.match(network.address, network.prefixBits),
  );
}

/**
 * The address that a request came from. `X-Forwarded-For` counts only as far as trusted proxies
 * have written it: from its end, the first address that is none of theirs.
 *
 * @param peer the other end of the connection.
 * @param forwarded every occurrence of `X-Forwarded-For`, in order.
 */
export function clientAddress(
  peer: string,
  forwarded: readonly string[],
  trusted: readonly Network[],
): string {
  const hops = forwarded.flatMap((line) => line.split(',')).map((hop) => hop.trim());
  let address = peer;
  while (hops.length > 0 && isInNetworks(address, trusted)) address = hops.pop() ?? address;
  return address;
}

function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  // Zones name an interface of this machine; short and octal IPv4 forms are nobody's address.
  if (text.includes('%')) return undefined;
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}
