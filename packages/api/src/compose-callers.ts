/** Wires what finds out who calls the public listener. */
import type { Network } from '@forebay/shared/domain/network';
import type { Store } from '@forebay/shared/redis/open-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import type { ComposeInput } from './compose.ts';
import { type Authenticator, createAuthenticator } from './http/authenticate.ts';
import { createRequestLimiter, type RequestLimiter } from './http/limit-requests.ts';

export interface CallerParts {
  readonly authenticator: Authenticator;
  readonly requests: RequestLimiter;
  readonly trustedProxies: readonly Network[];
}

export function composeCallers(
  { env, events, secrets, callersClock = systemClock }: ComposeInput,
  store: Store,
): CallerParts {
  return {
    authenticator: createAuthenticator({
      keys: store.apiKeys,
      tenants: store.tenants,
      clock: callersClock,
      pepper: secrets.keyPepper,
      onError: (error) => events.emit('background.failed', { name: 'key-use', error }),
    }),
    requests: createRequestLimiter({
      rate: store.requestRate,
      clock: systemClock,
      onError: (error) => events.emit('background.failed', { name: 'request-rate', error }),
    }),
    trustedProxies: env.trustedProxies ?? [],
  };
}
