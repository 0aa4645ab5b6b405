/**
 * Counts what a real provider would have generated up to now.
 *
 * Unstreamed answers are measured by the clock, since generation goes on whether or not anybody
 * is listening; streamed ones by the pieces that were emitted.
 */
export class GenerationMeter {
  #totalTokens = 0;
  #perTokenMs = 0;
  #startedAtMs: number | null = null;
  #emittedTokens: number | null = null;

  /** From here on the call costs money. */
  begin(total: { totalTokens: number; perTokenMs: number }): void {
    this.#totalTokens = total.totalTokens;
    this.#perTokenMs = total.perTokenMs;
    this.#startedAtMs = performance.now();
  }

  /** Counts pieces instead of the clock from now on. */
  emit(tokens: number): void {
    this.#emittedTokens = Math.min((this.#emittedTokens ?? 0) + tokens, this.#totalTokens);
  }

  /** Everything is generated. */
  finish(): void {
    this.#emittedTokens = this.#totalTokens;
  }

  get begun(): boolean {
    return this.#startedAtMs !== null;
  }

  get generatedTokens(): number {
    if (this.#startedAtMs === null) return 0;
    if (this.#emittedTokens !== null) return this.#emittedTokens;
    if (this.#perTokenMs === 0) return this.#totalTokens;
    const elapsed = Math.floor((performance.now() - this.#startedAtMs) / this.#perTokenMs);
    return Math.min(elapsed, this.#totalTokens);
  }
}
