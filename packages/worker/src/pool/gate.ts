/** Lets so many through at the same time, in the order of arrival; who comes too many waits. */

export interface GatePass {
  /** Lets the next one through; calling it again does nothing. */
  leave(): void;
}

export interface Gate {
  /** Waits for a place. @returns `undefined` when the gate has closed. */
  enter(): Promise<GatePass | undefined>;
  /** Lets in who fits now; to be called when the gate may have become wider. */
  refit(): void;
  /** Sends away who waits now or comes later; who is inside stays. */
  close(): void;
}

/** @param width how many may be inside; asked whenever somebody comes or leaves. */
export function createGate(width: () => number): Gate {
  const waiting: ((pass: GatePass | undefined) => void)[] = [];
  let inside = 0;
  let closed = false;

  const admit = (): GatePass => {
    inside += 1;
    let left = false;
    return {
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
