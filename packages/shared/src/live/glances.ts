/**
 * What one process has seen of the store for those who ask, read again in the background every few
 * seconds and never waited for: it decides what is preferred, not what is allowed.
 */
import type { Clock } from '../runtime/clock.ts';
import { keepNewest } from './keep-newest.ts';

export interface Glances<Value> {
  /** What was seen last, however old; `undefined` until the first look has ended. */
  of(key: string, look: () => Promise<Value>): Value | undefined;
}

export interface GlancesSettings {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly freshMs: number;
  /** The one that was asked for the longest ago goes first. */
  readonly entriesMax: number;
  readonly onError: (error: unknown) => void;
}

interface Sight<Value> {
  readonly atMs: number;
  readonly value: Value | undefined;
}

export function createGlances<Value>(settings: GlancesSettings): Glances<Value> {
  const { clock, freshMs, entriesMax, onError } = settings;
  const sights = new Map<string, Sight<Value>>();
  return {
    of(key, look) {
      const atMs = clock.monotonicMs();
      const seen = sights.get(key);
      if (seen === undefined || atMs - seen.atMs >= freshMs) {
        keepNewest(sights, [key, { atMs, value: seen?.value }], entriesMax);
        look()
          .then((value) => keepNewest(sights, [key, { atMs, value }], entriesMax))
          // What was seen last stays until the store answers again.
          .catch(onError);
      }
      return seen?.value;
    },
  };
}
