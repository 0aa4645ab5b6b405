/** Wires what finds out who calls the public listener. */
import type { Network } from '@forebay/shared/domain/network';
import { createPlacesView } from '@forebay/shared/live/places-view';
import type { Store } from '@forebay/shared/redis/open-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import type { ComposeInput } from './compose.ts';
import { type Authenticator, createAuthenticator } from './http/authenticate.ts';
import { createRequestLimiter, type RequestLimiter } from './http/limit-requests.ts';
import { type CallerWatch, createCallerWatch } from './http/watch-callers.ts';

export interface CallerParts {
  readonly authenticator: Authenticator;
  readonly callers: CallerWatch;
  readonly requests: RequestLimiter;
  readonly trustedProxies: readonly Network[];
}

export function composeCallers(
  { env, events, secrets, callersClock = systemClock }: ComposeInput,
  store: Store,
): CallerParts {
  const failed = (name: string) => (error: unknown) =>
    events.emit('background.failed', { name, error });
  const authenticator = createAuthenticator({
    keys: store.apiKeys,
    tenants: store.tenants,
    terms: store.terms,
    clock: callersClock,
    pepper: secrets.keyPepper,
    onError: failed('key-use'),
  });
  return {
    authenticator,
    callers: createCallerWatch({
      authenticator,
      clock: callersClock,
      onError: failed('caller-watch'),
    }),
    requests: createRequestLimiter({
      rate: store.requestRate,
      places: createPlacesView({
        terms: store.terms,
        clock: systemClock,
        onError: failed('key-places'),
      }),
      clock: systemClock,
      onError: failed('request-rate'),
    }),
    trustedProxies: env.trustedProxies ?? [],
  };
}
