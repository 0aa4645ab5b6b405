import { type Lane, laneKey } from './lane.ts';

/** Calls in flight on one lane. */
export interface LaneLoad extends Lane {
  inFlight: number;
  /** The most there ever were at one instant. */
  maxInFlight: number;
}

/** Counts the calls in flight, per lane. */
export class LoadTable {
  readonly #lanes = new Map<string, LaneLoad>();

  /** Takes a place unless the lane is full. The returned function gives it back, once. */
  enter(lane: Lane, capacity: number | null): (() => void) | null {
    const load = this.#load(lane);
    if (capacity !== null && load.inFlight >= capacity) return null;
    load.inFlight += 1;
    load.maxInFlight = Math.max(load.maxInFlight, load.inFlight);
    let inside = true;
    return () => {
      if (inside) load.inFlight -= 1;
      inside = false;
    };
  }

  all(): LaneLoad[] {
    return [...this.#lanes.values()].map((load) => ({ ...load }));
  }

  #load(lane: Lane): LaneLoad {
    const key = laneKey(lane);
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const load = { ...lane, inFlight: 0, maxInFlight: 0 };
    this.#lanes.set(key, load);
    return load;
  }
}
