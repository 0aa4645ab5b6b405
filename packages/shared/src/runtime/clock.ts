/** Time and randomness as things that are handed in, so that tests can drive them. */

/** A timer that can be called off. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock, milliseconds since 1970. For display; leases and deadlines use the server's. */
  nowMs(): number;
  /** Never goes back; for durations. Milliseconds with fractions. */
  monotonicMs(): number;
  /** Runs `action` once after `delayMs`. The timer does not keep the process alive by itself. */
  schedule(delayMs: number, action: () => void): Timer;
  /** Uniform in [0, 1); for jitter only, never for secrets. */
  random(): number;
}

/** The real clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, action) {
    const handle = setTimeout(action, Math.max(0, delayMs));
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
  random: () => Math.random(),
};
