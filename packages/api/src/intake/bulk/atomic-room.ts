/**
 * What all atomic calls of this process hold together. Each holds its whole body until it is
 * judged, so many at once would fill the memory; and one tenant must not take it from all others.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { TenantId } from '@forebay/shared/domain/ids';
import { limits } from '@forebay/shared/domain/limits';

export interface AtomicRoom {
  enter(tenant: TenantId): AtomicPlace;
}

/** The part of one call. */
export interface AtomicPlace {
  /** @throws ForebayError `atomic_busy` when there is no room for so many more bytes. */
  take(bytes: number): void;
  /** Gives everything back; harmless to repeat. */
  leave(): void;
}

/** @param bytesMax one tenant has at most half of it. */
export function createAtomicRoom(bytesMax: number = limits.bulkAtomicBytesTogetherMax): AtomicRoom {
  const held = new Map<TenantId, number>();
  let total = 0;
  const add = (tenant: TenantId, bytes: number): void => {
    const own = (held.get(tenant) ?? 0) + bytes;
    if (own === 0) held.delete(tenant);
    else held.set(tenant, own);
    total += bytes;
  };
  return {
    enter(tenant) {
      let taken = 0;
      return {
        take(bytes) {
          const own = (held.get(tenant) ?? 0) + bytes;
          if (total + bytes > bytesMax || own > bytesMax / 2) throw busy();
          add(tenant, bytes);
          taken += bytes;
        },
        leave() {
          add(tenant, -taken);
          taken = 0;
        },
      };
    },
  };
}

function busy(): ForebayError {
  return new ForebayError(
    'atomic_busy',
    'This server holds as many lines of calls with on_error=atomic as it may. Nothing of this ' +
      'one was taken: send it again a little later, send fewer at once, or use on_error=abort, ' +
      'which holds nothing.',
    { param: 'on_error' },
  );
}
