/**
 * The configuration that a process serves now. Whoever holds it reads the newest values; a reload
 * swaps all of them in one step, so nobody ever sees half of a change. A value that was taken out,
 * such as a catalogue, stays whole for whoever works with it.
 */
import type { ForebayConfig } from './load-config.ts';

export interface LiveConfig extends ForebayConfig {
  /** When the values were loaded, by this host's clock. */
  readonly loadedAtMs: number;
  /** Models that this process has served and that are no longer configured. */
  readonly removedModels: ReadonlySet<string>;
  /** Serves other values from now on; who listens is told after that. */
  swap(next: ForebayConfig, loadedAtMs: number): void;
  /** @returns a function that ends the subscription. */
  onSwap(listener: () => void): () => void;
}

export function createLiveConfig(first: ForebayConfig, loadedAtMs: number): LiveConfig {
  let current = { config: first, loadedAtMs };
  let removed: ReadonlySet<string> = new Set();
  const listeners = new Set<() => void>();
  return {
    get version() {
      return current.config.version;
    },
    get catalog() {
      return current.config.catalog;
    },
    get defaults() {
      return current.config.defaults;
    },
    get promotion() {
      return current.config.promotion;
    },
    get webhooks() {
      return current.config.webhooks;
    },
    get usage() {
      return current.config.usage;
    },
    get learning() {
      return current.config.learning;
    },
    get tasks() {
      return current.config.tasks;
    },
    get loadedAtMs() {
      return current.loadedAtMs;
    },
    get removedModels() {
      return removed;
    },
    swap(next, nextLoadedAtMs) {
      const known = [...removed, ...current.config.catalog.models.keys()];
      removed = new Set(known.filter((name) => !next.catalog.models.has(name)));
      current = { config: next, loadedAtMs: nextLoadedAtMs };
      for (const listener of listeners) listener();
    },
    onSwap(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
