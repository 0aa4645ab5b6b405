import { type Lane, laneKey } from './lane.ts';

/** Limits of one lane within a window; null for none. */
export interface RateLimits {
  requests: number | null;
  tokens: number | null;
  windowMs: number;
}

/** What is left in the window, for the rate headers. */
export interface RateState {
  usedRequests: number;
  usedTokens: number;
  /** Until the oldest counted request leaves the window; 0 when there is none. */
  resetMs: number;
}

export type RateDecision =
  | { kind: 'admitted' }
  | { kind: 'limited'; by: 'requests' | 'tokens'; waitMs: number };

interface Entry {
  atMs: number;
  tokens: number;
}

/**
 * Exact sliding windows: at no instant do the requests admitted in the last window exceed the
 * limit. Refused requests do not count. Lanes without limits keep nothing.
 */
export class RateTable {
  readonly #lanes = new Map<string, Entry[]>();

  admit(lane: Lane, limits: RateLimits, tokens: number): RateDecision {
    if (limits.requests === null && limits.tokens === null) return { kind: 'admitted' };
    const entries = this.#prune(lane, limits.windowMs);
    const state = describe(entries, limits.windowMs);
    if (limits.requests !== null && state.usedRequests >= limits.requests) {
      return { kind: 'limited', by: 'requests', waitMs: state.resetMs || limits.windowMs };
    }
    if (limits.tokens !== null && state.usedTokens + tokens > limits.tokens) {
      return { kind: 'limited', by: 'tokens', waitMs: state.resetMs || limits.windowMs };
    }
    entries.push({ atMs: performance.now(), tokens });
    return { kind: 'admitted' };
  }

  state(lane: Lane, windowMs: number): RateState {
    return describe(this.#prune(lane, windowMs), windowMs);
  }

  clear(): void {
    this.#lanes.clear();
  }

  #prune(lane: Lane, windowMs: number): Entry[] {
    const since = performance.now() - windowMs;
    const entries = (this.#lanes.get(laneKey(lane)) ?? []).filter((entry) => entry.atMs > since);
    this.#lanes.set(laneKey(lane), entries);
    return entries;
  }
}

function describe(entries: readonly Entry[], windowMs: number): RateState {
  const oldest = entries[0];
  return {
    usedRequests: entries.length,
    usedTokens: entries.reduce((sum, entry) => sum + entry.tokens, 0),
    resetMs: oldest === undefined ? 0 : Math.max(oldest.atMs + windowMs - performance.now(), 1),
  };
}
