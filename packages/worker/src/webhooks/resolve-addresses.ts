/** Asking DNS for every address of a name, over the network and not through the C library. */
import { Resolver } from 'node:dns/promises';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Rejects when the name has no address or DNS does not answer. */
export type ResolveAddresses = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export interface AddressResolverOptions {
  /** How long one name server may take. */
  readonly timeoutMs: number;
  /** Name servers as `address` or `address:port`; the system's by default. */
  readonly servers?: readonly string[];
}

/**
 * Makes a resolver that never blocks a thread: the C library's would hold one of the few threads
 * of the process for as long as a slow name server likes. It knows neither /etc/hosts nor search
 * domains, both of which only lead to hosts that a webhook must not reach.
 */
export function createAddressResolver(options: AddressResolverOptions): ResolveAddresses {
  const resolver = new Resolver({ timeout: options.timeoutMs, tries: 1 });
  if (options.servers !== undefined) resolver.setServers(options.servers);
  return async (hostname) => {
    const [v4, v6] = await Promise.allSettled([
      resolver.resolve4(hostname),
      resolver.resolve6(hostname),
    ]);
    // One family may well be missing; what the other one answered is then all there is.
    if (v4.status === 'rejected' && v6.status === 'rejected') throw v4.reason;
    return [
      ...(v4.status === 'fulfilled' ? v4.value.map((address) => of(address, 4)) : []),
      ...(v6.status === 'fulfilled' ? v6.value.map((address) => of(address, 6)) : []),
    ];
  };
}

function of(address: string, family: 4 | 6): ResolvedAddress {
  return { address, family };
}
