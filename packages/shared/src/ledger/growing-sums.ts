/** Exact sums of many groups that become more: what several blocks add, group by group. */
import type { ExactSums } from './exact-sums.ts';
import { amountPerRowMax } from './usage-block.ts';

export interface GrowingSums {
  /** Adds what a block has summed up for its group `from` to our group `to`. */
  add(to: number, sums: ExactSums, from: number): void;
  of(group: number): bigint;
  total(): bigint;
}

const firstCapacity = 1_024;

export function createGrowingSums(): GrowingSums {
  let sums = new Float64Array(firstCapacity);
  const carried = new Map<number, bigint>();
  const carry = (group: number, amount: bigint): void => {
    carried.set(group, (carried.get(group) ?? 0n) + amount);
  };
  return {
    add(to, more, from) {
      if (to >= sums.length) {
        const larger = new Float64Array(Math.max(2 * sums.length, to + 1));
        larger.set(sums);
        sums = larger;
      }
      const [before, number] = [sums[to] ?? 0, more.sums[from] ?? 0];
      const sum = before + number;
      if (sum <= amountPerRowMax && sum >= -amountPerRowMax) {
        sums[to] = sum;
      } else {
        carry(to, BigInt(before) + BigInt(number));
        sums[to] = 0;
      }
      const large = more.carried.get(from);
      if (large !== undefined) carry(to, large);
    },
    of: (group) => BigInt(sums[group] ?? 0) + (carried.get(group) ?? 0n),
    total() {
      let total = 0n;
      for (const amount of carried.values()) total += amount;
      for (const sum of sums) if (sum !== 0) total += BigInt(sum);
      return total;
    },
  };
}
