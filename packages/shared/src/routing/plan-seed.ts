/** Deterministic numbers for turns and draws: no randomness reaches a plan. */

/** A 32-bit number from text (FNV-1a with a final mix, so that near texts lie far apart). */
export function planSeed(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A draw in (0, 1) that depends on the seed and the name alone. */
export function drawFor(seed: number, name: string): number {
  return (planSeed(`${seed}:${name}`) + 0.5) / 0x1_0000_0000;
}
