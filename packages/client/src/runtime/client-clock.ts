/** Time and chance as things that are handed in, so that tests can drive them. */

export interface ClientClock {
  /** Never goes back. */
  monotonicMs(): number;
  /** Wall clock, milliseconds since 1970. */
  nowMs(): number;
  /** Resolves after that time, or as soon as the signal aborts. */
  wait(delayMs: number, signal: AbortSignal | undefined): Promise<void>;
  /** Uniform in [0, 1); for jitter only. */
  random(): number;
}

export const systemClientClock: ClientClock = {
  monotonicMs: () => performance.now(),
  nowMs: () => Date.now(),
  wait(delayMs, signal) {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, delayMs);
      signal?.addEventListener('abort', end, { once: true });
    });
  },
  random: () => Math.random(),
};
