/**
 * The lookup that runs while a connection is made: it hands the socket only addresses that it has
 * judged, so the address that was checked is the address that is dialled and a name cannot be
 * rebound in between. Sockets skip it for literal addresses; those are judged with the URL.
 */
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Clock } from '@forebay/shared/runtime/clock';
import { isGlobalAddress } from '@forebay/shared/webhooks/address-rule';
import { isLoopbackHost } from '@forebay/shared/webhooks/url-policy';
import type { ResolveAddresses, ResolvedAddress } from './resolve-addresses.ts';

/** Error codes by which the egress module recognises why no connection was made. */
export const blockedCode = 'FOREBAY_BLOCKED';
export const dnsCode = 'FOREBAY_DNS';

export interface VettedLookupDeps {
  readonly resolve: ResolveAddresses;
  readonly clock: Clock;
  readonly dnsTimeoutMs: number;
  /** Local mode: `localhost` is this machine. */
  readonly allowLoopback: boolean;
}

const localAddresses: readonly ResolvedAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/** Makes a lookup for `net.connect` and `tls.connect`. */
export function createVettedLookup(deps: VettedLookupDeps): LookupFunction {
  return (hostname, options, callback) => {
    void vetAddresses(deps, hostname).then((vetted) => {
      hand(vetted, options.all === true, callback);
    });
  };
}

type Vetted =
  | { readonly kind: 'allowed'; readonly addresses: readonly ResolvedAddress[] }
  | { readonly kind: 'refused'; readonly error: NodeJS.ErrnoException };

/** With several addresses the socket asks for the array form and tries them in turn. */
function hand(vetted: Vetted, wantsAll: boolean, callback: Parameters<LookupFunction>[2]): void {
  if (vetted.kind === 'refused') {
    callback(vetted.error, '', 0);
    return;
  }
  const [first] = vetted.addresses;
  if (first === undefined) callback(lookupError(dnsCode, 'the name has no address'), '', 0);
  else if (wantsAll)
    callback(
      null,
      vetted.addresses.map((one): LookupAddress => ({ ...one })),
    );
  else callback(null, first.address, first.family);
}

async function vetAddresses(deps: VettedLookupDeps, hostname: string): Promise<Vetted> {
  if (deps.allowLoopback && isLoopbackHost(hostname)) {
    return { kind: 'allowed', addresses: localAddresses };
  }
  try {
    const addresses = await resolveInTime(deps, hostname);
    // One private address among public ones is a name that wants to be rebound.
    return addresses.every(({ address }) => isGlobalAddress(address))
      ? { kind: 'allowed', addresses }
      : refused(blockedCode, 'the name leads to an address that is not public');
  } catch (error) {
    return refused(dnsCode, 'the name could not be resolved', error);
  }
}

function resolveInTime(
  deps: VettedLookupDeps,
  hostname: string,
): Promise<readonly ResolvedAddress[]> {
  return new Promise((resolve, reject) => {
    const timer = deps.clock.schedule(deps.dnsTimeoutMs, () => {
      reject(lookupError(dnsCode, 'DNS did not answer in time'));
    });
    // An answer after the timeout settles a promise that is settled already: nothing happens.
    deps
      .resolve(hostname)
      .then(resolve, reject)
      .finally(() => timer.cancel());
  });
}

function refused(code: string, message: string, cause?: unknown): Vetted {
  return { kind: 'refused', error: lookupError(code, message, cause) };
}

function lookupError(code: string, message: string, cause?: unknown): NodeJS.ErrnoException {
  return Object.assign(new Error(message, { cause }), { code });
}
