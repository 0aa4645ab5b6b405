/**
 * How many tickets a pool has at the same time: those that may hold a permit, one in ten more, so
 * that the next call begins at once (a small pool fetches none ahead), and as many as have their
 * ends written, which takes no permit.
 *
 * The last part is a mean: BullMQ fetches the next ticket in the step that ends one as long as the
 * number stands, and pays another step for each time that it grows.
 */

export interface Places {
  /** Whole, at least 1. */
  count(): number;
  /** A call has ended; what becomes of it is now written. @returns what to call after that. */
  beginWriting(): () => void;
}

const aheadShare = 0.1;
/** The weight of the newest look: the mean follows within about a hundred calls. */
const newestWeight = 0.02;

/** @param permits how many calls may run at once; asked at each look. */
export function createPlaces(permits: () => number): Places {
  let writing = 0;
  let mean = 0;
  return {
    count() {
      const callsMax = permits();
      const written = Math.min(callsMax, Math.round(mean));
      return Math.floor(callsMax * (1 + aheadShare)) + written;
    },
    beginWriting() {
      writing += 1;
      // The call's own ticket does not count: a pool of one would fetch one ahead.
      mean += newestWeight * (writing - 1 - mean);
      return () => {
        writing -= 1;
      };
    },
  };
}
