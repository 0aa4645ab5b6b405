/** Hashes of pieces of text: 32 bits of FNV-1a, well mixed. The same on every machine. */

const offsetBasis = 0x811c9dc5;
const fnvPrime = 0x01000193;

/** A place for one kind of features, so that kinds do not share hashes. */
export function hashSeed(kind: string): number {
  return extendHash(offsetBasis, kind, { start: 0, end: kind.length });
}

export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** Goes on with a hash over a part of a text, without cutting it out. */
export function extendHash(seed: number, text: string, { start, end }: TextRange): number {
  let hash = seed;
  for (let index = start; index < end; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), fnvPrime);
  }
  return hash;
}

/** Goes on with a hash over a number. */
export function extendWithNumber(seed: number, value: number): number {
  return Math.imul(Math.imul(seed ^ (value & 0xffff), fnvPrime) ^ (value >>> 16), fnvPrime);
}

/** Spreads a hash over all its bits (the last step of MurmurHash3). @returns 0 … 2^32 − 1 */
export function mixHash(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
