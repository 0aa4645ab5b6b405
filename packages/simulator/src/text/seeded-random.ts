import { createHash } from 'node:crypto';

/** A stream of numbers that depends on nothing but what it was made from. */
export interface SeededRandom {
  /** The next number, at least 0 and below 1. */
  next(): number;
  /** A whole number between both bounds, both possible. */
  integer(from: number, to: number): number;
  /** One element; throws when the list is empty. */
  pick<T>(list: readonly T[]): T;
}

/** Makes the same stream for the same parts, in any process (sha-256 into sfc32). */
export function createSeededRandom(...parts: readonly (string | number)[]): SeededRandom {
  const digest = createHash('sha256').update(parts.join('\0')).digest();
  const next = sfc32([
    digest.readInt32LE(0),
    digest.readInt32LE(4),
    digest.readInt32LE(8),
    digest.readInt32LE(12),
  ]);
  return {
    next,
    integer: (from, to) => from + Math.floor(next() * (to - from + 1)),
    pick: (list) => {
      const item = list[Math.floor(next() * list.length)];
      if (item === undefined) throw new RangeError('cannot pick from an empty list');
      return item;
    },
  };
}

/** Chris Doty-Humphrey's small fast counting generator, 128 bits of state. */
function sfc32(state: readonly [number, number, number, number]): () => number {
  let [a, b, c, counter] = state;
  return () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
}
