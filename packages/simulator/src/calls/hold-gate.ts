/** Holds calls before their headers: a test can have a caller keep a known number of them. */
import { ChangeSignal } from '../timing/change-signal.ts';
import { type Lane, laneKey } from './lane.ts';

/** Stands for every model, or every deployment. */
export const ANY = '*';

/** Calls waiting on one lane. */
export interface HeldLane extends Lane {
  held: number;
}

/** Lets a test stop calls before their headers until it says go. */
export class HoldGate {
  readonly #closed = new Set<string>();
  readonly #waiting = new Map<string, HeldLane>();
  readonly #releases = new ChangeSignal();
  /** Told whenever a call begins or ceases to wait. */
  readonly changes = new ChangeSignal();

  /** Calls to the lane wait from now on; either part may be `*`. */
  hold(lane: Lane): void {
    this.#closed.add(laneKey(lane));
  }

  /** Lets the lane's calls go on; `*` for both parts lifts every hold. */
  release(lane: Lane): void {
    if (lane.model === ANY && lane.deployment === ANY) this.#closed.clear();
    this.#closed.delete(laneKey(lane));
    this.#releases.notify();
  }

  /** Waits while the lane is held. Rejects when the caller goes away. */
  async pass(lane: Lane, signal: AbortSignal): Promise<void> {
    if (!this.#isClosed(lane)) return;
    const waiting = this.#lane(lane);
    waiting.held += 1;
    this.changes.notify();
    try {
      const wait = { timeoutMs: HOLD_MS_MAX, signal };
      await this.#releases.waitFor(() => !this.#isClosed(lane), wait);
      signal.throwIfAborted();
    } finally {
      waiting.held -= 1;
      this.changes.notify();
    }
  }

  /** Calls waiting now on the lanes that fit; `*` fits all. */
  heldCount(lane: Lane): number {
    return this.all()
      .filter((held) => fits(lane.deployment, held.deployment) && fits(lane.model, held.model))
      .reduce((sum, held) => sum + held.held, 0);
  }

  all(): HeldLane[] {
    return [...this.#waiting.values()].filter((lane) => lane.held > 0).map((lane) => ({ ...lane }));
  }

  #isClosed(lane: Lane): boolean {
    const { deployment, model } = lane;
    const forms: Lane[] = [
      lane,
      { deployment: ANY, model },
      { deployment, model: ANY },
      { deployment: ANY, model: ANY },
    ];
    return forms.some((form) => this.#closed.has(laneKey(form)));
  }

  #lane(lane: Lane): HeldLane {
    const known = this.#waiting.get(laneKey(lane));
    if (known !== undefined) return known;
    const waiting = { ...lane, held: 0 };
    this.#waiting.set(laneKey(lane), waiting);
    return waiting;
  }
}

/** A forgotten hold ends after a day. */
const HOLD_MS_MAX = 86_400_000;

function fits(pattern: string, name: string): boolean {
  return pattern === ANY || pattern === name;
}
