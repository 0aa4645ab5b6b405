/** Lets so many through at the same time, in the order of arrival; who comes too many waits. */

export interface GatePass<Left> {
  /** What the one before has handed over with the place. */
  readonly inherited: Left | undefined;
  /**
   * Gives the place, and something with it, to who waits next. @returns false when there is nobody
   * or the gate has become too narrow; the place is still held then.
   */
  handOver(left: Left): boolean;
  /** Lets the next one through; calling it again, or after a handing over, does nothing. */
  leave(): void;
}

export interface Gate<Left> {
  /** Waits for a place. @returns `undefined` when the gate has closed. */
  enter(): Promise<GatePass<Left> | undefined>;
  /** Lets in who fits now; to be called when the gate may have become wider. */
  refit(): void;
  /** Sends away who waits now or comes later; who is inside stays. */
  close(): void;
}

/** @param width how many may be inside; asked whenever somebody comes or leaves. */
export function createGate<Left = never>(width: () => number): Gate<Left> {
  const waiting: ((pass: GatePass<Left> | undefined) => void)[] = [];
  let inside = 0;
  let closed = false;

  const admit = (inherited?: Left): GatePass<Left> => {
    inside += 1;
    let left = false;
    return {
      inherited,
      handOver(what) {
        const next = left || inside > width() ? undefined : waiting.shift();
        if (next === undefined) return false;
        left = true;
        inside -= 1;
        next(admit(what));
        return true;
      },
      leave() {
        if (left) return;
        left = true;
        inside -= 1;
        letIn();
      },
    };
  };
  const letIn = (): void => {
    while (inside < width()) {
      const next = waiting.shift();
      if (next === undefined) return;
      next(admit());
    }
  };

  return {
    async enter() {
      if (closed) return undefined;
      if (inside < width() && waiting.length === 0) return admit();
      return new Promise((resolve) => waiting.push(resolve));
    },
    refit: letIn,
    close() {
      closed = true;
      for (const sendAway of waiting.splice(0)) sendAway(undefined);
    },
  };
}
