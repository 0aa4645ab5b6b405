/** Lets long-polls wait until something counted has changed. */
export class ChangeSignal {
  readonly #waiters = new Set<() => void>();

  /** Wakes every waiter, which then looks at its own condition again. */
  notify(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  /**
   * Resolves true as soon as the condition holds, false after `timeoutMs` or when the signal is
   * aborted, whichever comes first.
   */
  waitFor(
    condition: () => boolean,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    if (options.timeoutMs <= 0 || options.signal?.aborted === true) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (met: boolean) => {
        clearTimeout(timeout);
        this.#waiters.delete(check);
        options.signal?.removeEventListener('abort', giveUp);
        resolve(met);
      };
      const check = () => {
        if (condition()) finish(true);
      };
      const giveUp = () => finish(false);
      const timeout = setTimeout(giveUp, options.timeoutMs);
      this.#waiters.add(check);
      options.signal?.addEventListener('abort', giveUp, { once: true });
    });
  }
}
