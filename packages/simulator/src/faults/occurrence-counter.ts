/** Counts how often something was seen; the oldest entries are forgotten beyond a bound. */
export class OccurrenceCounter {
  readonly #counts = new Map<string, number>();
  readonly #entriesMax: number;

  constructor(entriesMax = 200_000) {
    this.#entriesMax = entriesMax;
  }

  /** Counts one more and returns how many there were with it. */
  count(key: string): number {
    const seen = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, seen);
    if (this.#counts.size > this.#entriesMax) {
      const oldest = this.#counts.keys().next();
      if (oldest.done !== true) this.#counts.delete(oldest.value);
    }
    return seen;
  }

  clear(): void {
    this.#counts.clear();
  }
}
