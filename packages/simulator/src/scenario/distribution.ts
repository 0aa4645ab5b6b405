import type { SeededRandom } from '../text/seeded-random.ts';

/** How a number is drawn for each call. */
export type Distribution =
  | { kind: 'fixed'; value: number }
  | { kind: 'uniform'; from: number; to: number }
  | { kind: 'lognormal'; median: number; p95: number };

/** The 95th percentile of the standard normal distribution. */
const NORMAL_P95 = 1.644_853_6;

/** A lognormal draw is held below this multiple of its p95, so no call waits for ever. */
const TAIL_MAX = 20;

/** Draws one number. */
export function drawFrom(distribution: Distribution, random: SeededRandom): number {
  switch (distribution.kind) {
    case 'fixed':
      return distribution.value;
    case 'uniform':
      return distribution.from + random.next() * (distribution.to - distribution.from);
    case 'lognormal': {
      const spread = Math.log(distribution.p95 / distribution.median) / NORMAL_P95;
      const drawn = distribution.median * Math.exp(spread * drawNormal(random));
      return Math.min(drawn, distribution.p95 * TAIL_MAX);
    }
  }
}

/** Box and Muller's method. */
function drawNormal(random: SeededRandom): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
  return radius * Math.cos(2 * Math.PI * random.next());
}
