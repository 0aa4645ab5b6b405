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

/** Beyond this Node runs a timer at once instead of later; deadlines are further away than that. */
const longestStepMs = 2_147_483_647;

/** The real clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, action) {
    let handle: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      const stepMs = Math.min(Math.max(0, leftMs), longestStepMs);
      handle = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : action()), stepMs);
      handle.unref();
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
  random: () => Math.random(),
};
