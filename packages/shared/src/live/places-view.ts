/**
 * How many jobs of a key wait and run, for the headers that tell its callers: read again every
 * second for each key that asks, and never waited for. The limits themselves are held by scripts.
 */
import type { TenantId } from '../domain/ids.ts';
import type { KeyPlaces, TenantTermsStore } from '../ports/tenant-terms-store.ts';
import type { Clock } from '../runtime/clock.ts';
import { createGlances } from './glances.ts';

export interface PlacesViewDeps {
  readonly terms: Pick<TenantTermsStore, 'places'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly onError: (error: unknown) => void;
}

export interface PlacesView {
  /** As it was about a second ago; `undefined` before the first look at the key. */
  of(tenant: TenantId, keyId: string): KeyPlaces | undefined;
}

const freshMs = 1_000;
const keysMax = 10_000;

export function createPlacesView({ terms, clock, onError }: PlacesViewDeps): PlacesView {
  const glances = createGlances<KeyPlaces>({ clock, freshMs, entriesMax: keysMax, onError });
  return {
    of: (tenant, keyId) => glances.of(keyId, () => terms.places(tenant, keyId)),
  };
}
